"""``delay``: the request takes longer; before execution its key stays in use for as long.

On arrival it waits like everything in a queue does: no key is in use yet, and whoever repeats a call waits again.
"""

import asyncio
from dataclasses import replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.kind import ENDPOINTS, Kind, Number, Stage, Word


def pause_s(armed: ArmedFault, exchange: Exchange) -> float:
    """Return this request's delay: ``ms`` plus a repeatable part of ``jitter_ms``."""
    roll = armed.roll("jitter", exchange.key, exchange.arrival)
    return float((armed.parameters["ms"] + roll * armed.parameters["jitter_ms"]) / 1000)


async def _bite(stage: Stage, armed: ArmedFault, exchange: Exchange, brand: Brand) -> Outcome | None:
    place = armed.parameters["at"]
    if stage is Stage.READ and place == "arrival":
        armed.hit(exchange)
        await asyncio.sleep(pause_s(armed, exchange))
    if stage is Stage.CLAIMED and place == "before":
        armed.hit(exchange)
        await asyncio.sleep(pause_s(armed, exchange))
    if stage is Stage.EXECUTED and place == "after":
        armed.hit(exchange)
        await asyncio.sleep(pause_s(armed, exchange))
    if stage is Stage.EXECUTED and place == "mid" and exchange.answer is not None:
        armed.hit(exchange)
        return replace(exchange.answer, pause_s=pause_s(armed, exchange), keep=False)
    return None


KIND = Kind(
    name="delay",
    sentence="The answer comes late; `at` says whether it waits on arrival, before execution, after it, or mid-answer.",
    endpoints=ENDPOINTS,
    parameters={"ms": Number(200), "jitter_ms": Number(0), "at": Word("before", ("arrival", "before", "after", "mid"))},
    bite=_bite,
)
