"""Invented days of a platform: what its processes show, step by step, with good and bad hours, deaths and restarts."""

import math
import random
from collections import defaultdict
from dataclasses import dataclass, field

from harness.alerting.series import Key
from system.metrics import BUCKETS, OUTCOMES

STEP_S = 7
"""The window is no multiple of it, so no sample lies just at a window's edge, where versions of Prometheus differ."""
PROCESSES = ("api1", "api2", "worker")
GATEWAYS = ("stripe", "paypal")


@dataclass
class Hour:
    """What happens for some steps: payments a step, the share that fails, how long they take, and so on."""

    steps: int
    payments: float
    failed: float
    latency_s: float
    gateway_failed: float
    database_down: tuple[str, ...]
    dead: tuple[str, ...]


@dataclass
class Day:
    """`shown[step][process]` is what a process showed, None where it could not be asked."""

    shown: list[dict[str, dict[Key, float] | None]] = field(default_factory=list)


def an_hour(chance: random.Random) -> Hour:
    return Hour(
        steps=chance.randint(4, 22),
        payments=chance.choice([0, 0.04, 0.3, 5, 40]),
        failed=chance.choice([0, 0, 0.03, 0.07, 0.4, 1]),
        latency_s=chance.choice([0.05, 0.3, 2.5, 4.1, 9.0, 20.0]),
        gateway_failed=chance.choice([0, 0, 0.013, 0.03, 0.2, 1]),
        database_down=chance.choice([(), (), ("api1",), PROCESSES]),
        dead=chance.choice([(), (), (), ("api2",), ("worker",), PROCESSES]),
    )


def a_day(seed: int, steps: int) -> Day:
    """Return a day of so many steps, the same for the same seed."""
    chance = random.Random(seed)
    day, counts = Day(), {name: _fresh(name) for name in PROCESSES}
    hour, left = an_hour(chance), 0
    for _ in range(steps):
        if not left:
            hour = an_hour(chance)
            left = hour.steps
        left -= 1
        for name in PROCESSES:
            if name in hour.dead:
                counts[name] = _fresh(name)  # whoever comes back counts from nothing
            else:
                _count(counts[name], name, hour, chance)
        day.shown.append({name: None if name in hour.dead else dict(counts[name]) for name in PROCESSES})
    return day


def _key(name: str, process: str, **labels: str) -> Key:
    return Key(name, frozenset({**labels, "instance": process}.items()))


def _fresh(process: str) -> dict[Key, float]:
    found: dict[Key, float] = {_key("database_up", process): 1.0}
    for outcome in OUTCOMES:
        found[_key("payments_total", process, outcome=outcome)] = 0.0
    for gateway in GATEWAYS:
        for result in ("ok", "failed"):
            found[_key("gateway_answers_total", process, gateway=gateway, result=result)] = 0.0
    for metric in ("payment_processing_latency", "refund_processing_latency", "fraud_detection_latency"):
        for bound in (*map(str, map(float, BUCKETS)), "+Inf"):
            found[_key(f"{metric}_bucket", process, le=bound)] = 0.0
    return found


def _count(counts: dict[Key, float], process: str, hour: Hour, chance: random.Random) -> None:
    counts[_key("database_up", process)] = float(process not in hour.database_down)
    for _ in range(_number(hour.payments, chance)):
        outcome = "failed" if chance.random() < hour.failed else chance.choice(OUTCOMES[:3])
        counts[_key("payments_total", process, outcome=outcome)] += 1
        metric = "refund_processing_latency" if chance.random() < 0.2 else "payment_processing_latency"
        _observe(counts, process, metric, hour.latency_s * chance.uniform(0.8, 1.1))
        gateway = chance.choice(GATEWAYS)
        failed = gateway == "stripe" and chance.random() < hour.gateway_failed
        result = "failed" if failed else "ok"
        counts[_key("gateway_answers_total", process, gateway=gateway, result=result)] += 1


def _number(mean: float, chance: random.Random) -> int:
    return math.floor(mean) + (chance.random() < mean % 1)


def _observe(counts: dict[Key, float], process: str, metric: str, seconds: float) -> None:
    totals: dict[str, float] = defaultdict(float)
    for bound in (*BUCKETS, math.inf):
        totals["+Inf" if math.isinf(bound) else str(float(bound))] = float(seconds <= bound)
    for bound_text, inside in totals.items():
        counts[_key(f"{metric}_bucket", process, le=bound_text)] += inside
