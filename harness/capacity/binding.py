"""What binds: of all that was watched, what was used up when the limit was reached. Pure.

A resource binds where it is nearly used up near the limit, and its use grows with the rate. Where nothing that was
watched is, that is what is said: then the time is spent waiting for something that nobody here measures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NEARLY = 0.8
"""From this share on a resource is nearly used up."""
GROWN = 1.2
"""What was used nearly as much at the lowest rate is used by somebody else."""
ONE_CORE = ("api", "worker", "stripe", "paypal", "sink")
"""Processes of one thread: each has one core, however many the machine has. They are named by how their names begin."""
POOL = 12
"""Connections of one replica's pool, unless the platform was told another number."""


@dataclass(frozen=True)
class Use:
    """How much of one resource is used at one rate: `share` of what there is."""

    resource: str
    kind: str
    share: float
    words: str


@dataclass(frozen=True)
class Binding:
    """What stops the system (`resource`; empty: not known), why that is believed, and what would help.

    `uses` has everything that was watched near the limit, the most used first.
    """

    resource: str
    why: str
    advice: str
    uses: tuple[Use, ...] = ()


_ADVICE: Mapping[str, str] = {
    "machine": "more processor cores, or fewer other programs on this machine",
    "process": "another replica of it, on a core of its own; a faster core helps as well",
    "pool": "a larger connection pool, if the database can serve it; else a faster database or shorter statements",
    "locks": "no hardware: shorter transactions, or less work on the same rows",
    "others": "nothing: measure again where nothing else runs",
    "unknown": "nothing yet: measure what it waits for first",
}


def uses(loads: Mapping[str, float], pool: int = POOL) -> list[Use]:
    """Return how much of each resource is used, from the averages of one rate; the most used first."""
    found = []
    cores = loads.get("machine:cores", 0.0)
    if cores and "machine:busy_cores" in loads:
        busy = loads["machine:busy_cores"]
        pressed = loads.get("machine:pressure_some_share")
        waited = f", somebody waited for one {pressed:.0%} of the time" if pressed is not None else ""
        found.append(Use("the machine's processors", "machine", busy / cores, f"{busy:.2f} of {cores:g} cores{waited}"))
    for name, value in loads.items():
        kind, _, what = name.partition(":")
        if kind == "cpu" and what.startswith(ONE_CORE):
            found.append(Use(f"{what}'s core", "process", value, f"{value:.2f} of one core"))
        if kind == "database" and what.startswith("active_api"):
            words = f"{value:.1f} of {pool} connections at work"
            found.append(Use(f"{what.removeprefix('active_')}'s database pool", "pool", value / pool, words))
    if "database:lock_waiters" in loads and (active := _active(loads)) >= 1:
        waiters = loads["database:lock_waiters"]
        found.append(
            Use("row locks", "locks", waiters / active, f"{waiters:.1f} of {active:.1f} sessions wait for a lock")
        )
    return sorted(found, key=lambda item: -item.share)


def _active(loads: Mapping[str, float]) -> float:
    return sum(value for name, value in loads.items() if name.startswith("database:active_"))


def binding(
    points: Sequence[tuple[float, Mapping[str, float]]], limit_per_s: float | None, pool: int = POOL
) -> Binding:
    """Return what binds, from what was used at each rate (rate in arrivals/s, averages by name)."""
    seen = sorted(((rate, loads) for rate, loads in points if loads), key=lambda item: item[0])
    if not seen or limit_per_s is None:
        return Binding("", "nothing was measured near a limit", _ADVICE["unknown"])
    rate, loads = min(seen, key=lambda item: abs(item[0] - limit_per_s))
    used = tuple(uses(loads, pool))
    if not used:
        return Binding("", "nobody counts what this system uses", _ADVICE["unknown"])
    least_rate, least = seen[0]
    before = {item.resource: item for item in uses(least, pool)}
    always = [item for item in used if _always(item, before)]
    first = _first([item for item in used if item not in always])
    if first is None and (full := [item for item in always if item.share >= NEARLY]):
        why = f"{full[0].resource} were used up at {least_rate:.0f}/s already, by something else ({full[0].words})"
        return Binding("", why, _ADVICE["others"], used)
    if first is None:
        told = ", ".join(f"{item.resource} {item.share:.0%}" for item in used[:3])
        why = f"nothing that was watched is used up at {rate:.0f}/s ({told}): it waits for something else"
        return Binding("", why, _ADVICE["unknown"], used)
    earlier = f" (at {least_rate:.0f}/s: {before[first.resource].share:.0%})" if first.resource in before else ""
    why = f"at {rate:.0f}/s it was {first.share:.0%} used: {first.words}{earlier}"
    return Binding(first.resource, why, _ADVICE[first.kind], used)


def _always(use: Use, before: Mapping[str, Use]) -> bool:
    """Tell whether it was used as much when next to nothing was asked for."""
    return use.kind == "machine" and use.resource in before and use.share < GROWN * before[use.resource].share


def _first(used: Sequence[Use]) -> Use | None:
    """Return what is used up: one process's core before the whole machine, for that is the narrower place."""
    nearly = [item for item in used if item.share >= NEARLY]
    narrow = [item for item in nearly if item.kind != "machine"]
    return next(iter(narrow or nearly), None)
