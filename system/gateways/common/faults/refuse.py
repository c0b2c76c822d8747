"""``refuse``: connections are reset as soon as they are made, and requests on older ones before they are read."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, NoAnswer, Outcome
from system.gateways.common.kind import ENDPOINTS, Kind, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.UNREAD:
        return None
    armed.hit(exchange)
    return NoAnswer(reset=True)


KIND = Kind(
    name="refuse",
    sentence="Nobody is let in: new connections are reset unread, and so are requests on connections made before.",
    endpoints=ENDPOINTS,
    bite=_bite,
    connections=True,
)
