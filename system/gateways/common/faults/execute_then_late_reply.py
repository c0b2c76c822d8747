"""``execute_then_late_reply``: money moves at once, the true answer comes after the caller stopped waiting."""

import asyncio

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.faults.delay import pause_s
from system.gateways.common.kind import Kind, Number, Stage


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is Stage.EXECUTED:
        armed.hit(exchange)
        await asyncio.sleep(pause_s(armed, exchange))
    return None


KIND = Kind(
    name="execute_then_late_reply",
    sentence="Executed at once; the answer leaves `ms` later, and until then the key is in use (409).",
    parameters={"ms": Number(3000), "jitter_ms": Number(0)},
    bite=_bite,
)
