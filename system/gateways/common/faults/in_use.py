"""``409_in_use``: the gateway says that the key is being worked on, truly or (after execution) not."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import Kind, Stage, Word


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is Stage.READ and armed.parameters["at"] == "before":
        armed.hit(exchange)
        return brand.in_use(exchange)
    if stage is Stage.EXECUTED and armed.parameters["at"] == "after" and exchange.answer is not None:
        armed.hit(exchange)
        return replace(brand.in_use(exchange), result=exchange.answer.result)
    return None


KIND = Kind(
    name="409_in_use",
    sentence="Answered 409 idempotency key in use, without executing or after it.",
    parameters={"at": Word("before", ("before", "after"))},
    bite=_bite,
)
