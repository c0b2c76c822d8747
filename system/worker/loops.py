"""The worker's loops: each repeats one step for ever, survives whatever one step meets, and ends when told."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from system.breakers import DATABASE_TROUBLE
from system.log import Logger


@dataclass(frozen=True, slots=True)
class Loop:
    """One repeated step. `step` returns how much it did; pauses are in seconds, after work and after none."""

    name: str
    step: Callable[[], Awaitable[int]]
    busy_s: float
    idle_s: float


async def run(loop: Loop, log: Logger) -> None:
    """Repeat the step until cancelled."""
    while True:
        pause_s = loop.idle_s
        try:
            if await loop.step():
                pause_s = loop.busy_s
        except DATABASE_TROUBLE as error:
            log.warning("database_trouble", loop=loop.name, error=type(error).__name__)
        except Exception as error:  # noqa: BLE001
            # Whatever one row provokes must not stop the work on all others; the lease brings this one back later.
            # Where it happened, but no values: those of the frames could hold what belongs in no log.
            where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            log.error("loop_step_failed", loop=loop.name, error=type(error).__name__, where=where)
        await asyncio.sleep(pause_s)
