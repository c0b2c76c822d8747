"""``reset_before_read``: the connection is reset before the request's body is read."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, NoAnswer, Outcome
from system.gateways.common.kind import Kind, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.UNREAD:
        return None
    armed.hit(exchange)
    return NoAnswer(reset=True)


KIND = Kind(
    name="reset_before_read",
    sentence="The connection is reset before the body is read; nothing is executed.",
    bite=_bite,
)
