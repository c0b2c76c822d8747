"""``drop_before_execute``: the request is read, then the connection closes; nothing is executed."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, NoAnswer, Outcome
from system.gateways.common.kind import Kind, Stage, Word


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.READ:
        return None
    armed.hit(exchange)
    return NoAnswer(reset=armed.parameters["how"] == "reset")


KIND = Kind(
    name="drop_before_execute",
    sentence="The request is read and lost: no execution, no answer.",
    parameters={"how": Word("close", ("close", "reset"))},
    bite=_bite,
)
