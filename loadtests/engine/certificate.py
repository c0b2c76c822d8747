"""What a worker says about itself when it is done: whether the load was what was planned, and was punctual."""

import os
from collections.abc import Mapping

import msgspec

from loadtests.engine.generator import Generator


class Certificate(msgspec.Struct, frozen=True):
    """What `raw/load-<worker>.json` holds (docs/evidence.md). Times of no other unit are in microseconds."""

    worker: int | str
    planned: int
    scheduled: int
    fired: int
    completed: int
    dropped: int
    in_flight_at_end: int
    broken: int
    requests: int
    ok: int
    failed: int
    unknown: int
    lag_us: Mapping[str, float]
    response_us: Mapping[str, float]
    service_us: Mapping[str, float]
    lag_p99_ms: float
    cpu_s: float
    cpu_share: float
    niceness: int
    started_at_us: int
    ended_at_us: int


def certificate(generator: Generator) -> Certificate:
    """Return the worker's certificate."""
    crew, tally = generator.crew, generator.tally
    wall_s = max(1e-6, (generator.ended_at_us - generator.started_at_us) / 1e6)
    return Certificate(
        worker=generator.worker,
        planned=generator.planned,
        scheduled=crew.scheduled,
        fired=crew.fired,
        completed=crew.completed,
        dropped=crew.dropped,
        in_flight_at_end=crew.in_flight,
        broken=crew.broken,
        requests=tally.sent,
        ok=tally.outcomes["OK"],
        failed=tally.outcomes["FAILED"],
        unknown=tally.outcomes["UNKNOWN"],
        lag_us=tally.lag.summary(),
        response_us=tally.response.summary(),
        service_us=tally.service.summary(),
        lag_p99_ms=round(tally.lag.quantile_us(0.99) / 1000, 3),
        cpu_s=round(generator.cpu_s, 3),
        cpu_share=round(generator.cpu_s / wall_s, 4),
        niceness=os.getpriority(os.PRIO_PROCESS, 0),
        started_at_us=generator.started_at_us,
        ended_at_us=generator.ended_at_us,
    )
