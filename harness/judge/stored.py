"""`verdict.json`: a report, written down and read back without loss."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.core.crashes import Crash
from harness.core.effect import Effect, EffectFigure
from harness.core.errors import HarnessError, UsageError
from harness.core.judgement import Finding, ObjectiveResult, Violation
from harness.core.recovery import DataLoss, Failover, Phase, SingleCopy
from harness.core.report import Burstiness, FaultResult, LoadResult, LostWorker, Report
from harness.core.verdicts import Verdict
from harness.workspace import write_atomic

VERDICT_FILE = "verdict.json"
EFFECT_FILE = "effect.json"
"""What the fault did beside its control; only in the folder of a run that had one."""
READABLE_VERSIONS = (1,)


def write_verdict(report: Report, folder: Path) -> Path:
    """Write `verdict.json` in one step and return its path. Raises `HarnessError` where it cannot be written."""
    path = folder / VERDICT_FILE
    try:
        write_atomic(path, json.dumps(as_document(report), indent=2, allow_nan=False) + "\n")
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}", hint="is the disk full?") from error
    return path


def read_verdict(folder: Path) -> Report:
    """Return the stored report. Raises `UsageError` where it is missing, damaged or of an unknown version."""
    path = folder / VERDICT_FILE
    try:
        document = json.loads(path.read_text())
        version = document["schema_version"]
        if version not in READABLE_VERSIONS:
            raise UsageError(f"{path} has schema version {version}", hint=f"this judge reads {READABLE_VERSIONS}")
        return from_document(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be read: {type(error).__name__}: {error}", hint="`faultline recheck` judges the run anew"
        ) from error


def as_document(report: Report) -> dict[str, Any]:
    """Return the report as JSON-ready data. A fault says `link` or `process`, as its place is."""
    document = {**asdict(report), "not_judged": list(report.not_judged)}
    for fault in document["faults"]:
        fault[fault.pop("place_kind")] = fault.pop("place")
    for failover in document["recovery"]:
        for phase in (*failover["phases"], failover["service"]):
            phase["seconds"] = Phase(**phase).seconds
    for objective in document["objectives"]:
        value = objective["value"]
        objective["value"] = value if value is None or math.isfinite(value) else None
    return document


def from_document(document: Mapping[str, Any]) -> Report:
    """Return the report that `as_document` turned into data. Raises `KeyError`, `TypeError` or `ValueError`."""
    plain = {name: value for name, value in document.items() if name != "not_judged"}
    plain["verdict"] = Verdict(document["verdict"])
    plain["reasons"] = tuple(document["reasons"])
    plain["invariants"] = tuple(_finding(item) for item in document["invariants"])
    plain["objectives"] = tuple(
        ObjectiveResult(**{**item, "verdict": Verdict(item["verdict"])}) for item in document["objectives"]
    )
    plain["faults"] = tuple(_fault(item) for item in document["faults"])
    lost = tuple(LostWorker(**item) for item in document["load"].get("lost", ()))
    burst = document["load"].get("burstiness")
    bursty = None if burst is None else Burstiness(**burst)
    plain["load"] = LoadResult(**{**document["load"], "lost": lost, "burstiness": bursty})
    plain["effect"] = _effect(document.get("effect"))
    plain["data_loss"] = _data_loss(document.get("data_loss"))
    copies = document.get("single_copy")
    plain["single_copy"] = None if copies is None else SingleCopy(**copies)
    plain["crashes"] = tuple(Crash(**item) for item in document.get("crashes", ()))
    plain["recovery"] = tuple(_failover(item) for item in document.get("recovery", ()))
    return Report(**plain)


def read_effect(folder: Path) -> Effect | None:
    """Return the effect that was measured when a run ended; None where it had no control.

    Raises `UsageError` where it cannot be read.
    """
    path = folder / EFFECT_FILE
    if not path.is_file():
        return None
    try:
        return _effect(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__}: {error}", hint="run it again") from error


def _effect(item: Mapping[str, Any] | None) -> Effect | None:
    if item is None:
        return None
    figures = tuple(EffectFigure(**figure) for figure in item["figures"])
    told = {"reasons": tuple(item["reasons"]), "doubts": tuple(item["doubts"]), "figures": figures}
    return Effect(**{**item, **told, "verdict": Verdict(item["verdict"])})


def _finding(item: Mapping[str, Any]) -> Finding:
    examples = tuple(
        Violation(**{**example, "picture": tuple(example.get("picture", ()))}) for example in item["examples"]
    )
    lacking = tuple(item.get("not_given", ()))
    return Finding(**{**item, "verdict": Verdict(item["verdict"]), "examples": examples, "not_given": lacking})


def _data_loss(item: Mapping[str, Any] | None) -> DataLoss | None:
    return (
        None
        if item is None
        else DataLoss(
            **{**item, "references": tuple(item["references"]), "came_back": tuple(item.get("came_back", ()))}
        )
    )


def _failover(item: Mapping[str, Any]) -> Failover:
    phases = tuple(_phase(phase) for phase in item["phases"])
    return Failover(**{**item, "phases": phases, "service": _phase(item["service"])})


def _phase(item: Mapping[str, Any]) -> Phase:
    return Phase(**{name: value for name, value in item.items() if name != "seconds"})


def _fault(item: Mapping[str, Any]) -> FaultResult:
    plain = dict(item)
    kind = "link" if "link" in plain else "process"
    place = plain.pop(kind)
    plain["missed"] = tuple(plain.get("missed", ()))
    return FaultResult(**plain, place=place, place_kind=kind)
