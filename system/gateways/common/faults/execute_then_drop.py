"""``execute_then_drop``: money moves, and the answer never arrives."""

import asyncio

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, NoAnswer, Outcome
from system.gateways.common.kind import Kind, Number, Stage, Word


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    if stage is not Stage.EXECUTED:
        return None
    armed.hit(exchange)
    if armed.parameters["how"] == "hang":
        await asyncio.sleep(armed.parameters["hang_ms"] / 1000)
    return NoAnswer(reset=armed.parameters["how"] == "reset")


KIND = Kind(
    name="execute_then_drop",
    sentence="Executed; then the connection closes, resets, or hangs for `hang_ms` and closes.",
    parameters={"how": Word("close", ("close", "reset", "hang")), "hang_ms": Number(5000)},
    bite=_bite,
)
