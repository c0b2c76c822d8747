"""``brownout``: a share of requests fails with a server error, without executing."""

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import ENDPOINTS, Kind, Number, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.READ:
        return None
    armed.hit(exchange)
    return brand.broken(exchange, int(armed.parameters["status"]))


KIND = Kind(
    name="brownout",
    sentence="Answered `status` (503) without executing; nothing is cached. `share` is the error rate.",
    endpoints=ENDPOINTS - {"token"},
    parameters={"status": Number(503, 500, 599)},
    bite=_bite,
)
