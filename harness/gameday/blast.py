"""How far a fault reaches, before it is on: which calls, what share of the traffic, what its last run did. Pure."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from harness.core.fault import Fault
from harness.gameday.ground import Ground, Traffic, Way, matching

RUNS_MAX = 60
"""The newest runs that are looked through."""


class LastRun(msgspec.Struct, frozen=True):
    """What the last run with this fault came to: the run, its verdict, and how many real calls the fault hit."""

    run: str
    verdict: str
    hits: int


class Blast(msgspec.Struct, frozen=True):
    """What a fault is going to reach. `share` is of the payments, None where nobody knows; `basis` says of what."""

    place: str
    calls: tuple[str, ...]
    share: float | None
    basis: str
    last: LastRun | None


def blast_of(fault: Fault, ground: Ground, traffic: Traffic, last: LastRun | None) -> Blast:
    """Return the blast radius of a fault."""
    ways = _ways(fault, ground)
    share, basis = _share(fault, ways, ground, traffic)
    return Blast(fault.place, tuple(way.name for way in ways), share, basis, last)


def _ways(fault: Fault, ground: Ground) -> Sequence[Way]:
    """Return the links that carry what the fault spoils: those it is on, else all from and to whom it is on."""
    if "-to-" in fault.place:
        return matching(ground, fault.place)
    patterns = [item.strip() for item in fault.place.split(",")]
    touched = [name for name in ground.services if any(fnmatchcase(name, item) for item in patterns)]
    if not touched:
        touched = [name for name, kind in ground.services.items() if kind == "foundation" and name.startswith("pg-")]
    return [way for way in ground.ways if way.caller in touched or way.callee in touched]


def _share(fault: Fault, ways: Sequence[Way], ground: Ground, traffic: Traffic) -> tuple[float | None, str]:
    setting = float(fault.settings.get("share", 1.0))
    gateways = {way.callee for way in ways} & set(ground.of_kind("gateway"))
    replicas = [name for name in ground.of_kind("platform") if name != "worker"]
    if ways and all("worker" in (way.caller, way.callee) for way in ways):
        return 0.0, "no answer to a merchant waits for it; webhooks and what is in doubt do"
    if fault.place in replicas:
        return 1 / len(replicas), f"one of {len(replicas)} API replicas: arrivals are spread evenly"
    if len(gateways) == 1:
        (gateway,) = gateways
        of_all = traffic.share_of(gateway)
        if of_all is None:
            return None, "the books have no attempts of the last minutes"
        callers = {way.caller for way in ground.ways if way.callee == gateway}
        hit = {way.caller for way in ways if way.callee == gateway}
        part = len(hit) / len(callers) if callers else 1.0
        told = f"{of_all:.0%} of the attempts of the last {traffic.seconds // 60} minutes went to {gateway}"
        return of_all * part * setting, told + (f", {setting:.0%} of them" if setting < 1 else "")
    if any(way.callee in ground.of_kind("foundation") for way in ways):
        return 1.0, "every payment is written to the database"
    return None, "nobody knows from the topology"


def last_run(name: str, runs: Path) -> LastRun | None:
    """Return what the newest judged run with this fault came to; None where there is none."""
    folders = sorted((path for path in runs.glob("*/verdict.json")), key=lambda path: path.parent.name, reverse=True)
    for path in folders[:RUNS_MAX]:
        try:
            document = json.loads(path.read_text())
            hits = [int(item["hits"]) for item in document["faults"] if item["name"] == name]
            if hits:
                return LastRun(path.parent.name, str(document["verdict"]), sum(hits))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a run that was cut short says nothing
    return None
