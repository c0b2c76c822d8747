"""``partial_outage``: the gateway is down for some merchants only."""

import asyncio

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, NoAnswer, Outcome
from system.gateways.common.kind import Kind, Number, Stage, Word


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    merchants = armed.parameters["merchants"].split(",")
    if stage is not Stage.READ or exchange.call.merchant_id not in merchants:
        return None
    armed.hit(exchange)
    how = armed.parameters["how"]
    if how == "503":
        return brand.broken(exchange, 503)
    if how == "hang":
        await asyncio.sleep(armed.parameters["hang_ms"] / 1000)
    return NoAnswer()


KIND = Kind(
    name="partial_outage",
    sentence="Requests of the named `merchants` (comma-separated) get 503, a closed connection or silence.",
    parameters={"merchants": Word(""), "how": Word("503", ("503", "close", "hang")), "hang_ms": Number(5000)},
    bite=_bite,
)
