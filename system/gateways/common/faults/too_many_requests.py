"""``429``: rate limited, nothing executed, nothing remembered."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import Kind, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.READ:
        return None
    armed.hit(exchange)
    return brand.too_many(exchange)


KIND = Kind(name="429", sentence="Answered 429 without executing; never cached.", bite=_bite)
