"""``execute_then_decline``: the gateway says "declined, try again later", and the money moves all the same.

It happens where an issuer's answer is lost inside the gateway: what the key repeats from then on is the decline.
"""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import Kind, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.EXECUTED or exchange.answer is None or exchange.answer.result != "executed":
        return None
    armed.hit(exchange)
    return brand.refusing(exchange, exchange.answer)


KIND = Kind(
    name="execute_then_decline",
    sentence="Executed; the answer is a decline that advises another try, cached under the key.",
    endpoints=frozenset({"create", "confirm"}),
    bite=_bite,
)
