"""What a worker says about itself when it is done: whether the load was what was planned, and was punctual."""

import os

from loadtests.engine.generator import Generator


def certificate(generator: Generator) -> dict[str, object]:
    """Return the worker's certificate (see docs/evidence.md: `raw/load-<worker>.json`). Times in microseconds."""
    crew, tally = generator.crew, generator.tally
    wall_s = max(1e-6, (generator.ended_at_us - generator.started_at_us) / 1e6)
    return {
        "worker": generator.worker,
        "planned": generator.planned,
        "scheduled": crew.scheduled,
        "fired": crew.fired,
        "completed": crew.completed,
        "dropped": crew.dropped,
        "in_flight_at_end": crew.in_flight,
        "broken": crew.broken,
        "requests": tally.sent,
        "ok": tally.outcomes["OK"],
        "failed": tally.outcomes["FAILED"],
        "unknown": tally.outcomes["UNKNOWN"],
        "lag_us": tally.lag.summary(),
        "response_us": tally.response.summary(),
        "service_us": tally.service.summary(),
        "lag_p99_ms": round(tally.lag.quantile_us(0.99) / 1000, 3),
        "cpu_s": round(generator.cpu_s, 3),
        "cpu_share": round(generator.cpu_s / wall_s, 4),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "started_at_us": generator.started_at_us,
        "ended_at_us": generator.ended_at_us,
    }
