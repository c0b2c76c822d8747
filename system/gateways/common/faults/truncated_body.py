"""``truncated_body``: the answer stops half way."""

from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import Kind, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.EXECUTED or exchange.answer is None:
        return None
    armed.hit(exchange)
    return replace(exchange.answer, cut=True, keep=False)


KIND = Kind(
    name="truncated_body",
    sentence="Executed; the full Content-Length is promised, half the body is sent, the connection closes.",
    bite=_bite,
)
