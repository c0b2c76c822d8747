"""`verdict.json`: a report, written down and read back without loss."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from harness.core.effect import Effect
from harness.core.errors import HarnessError, UsageError
from harness.core.judgement import ObjectiveResult
from harness.core.plain import Json, JsonObject, fields_of
from harness.core.recovery import Failover, Phase
from harness.core.report import FaultResult, Report
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


def as_document(report: Report) -> JsonObject:
    """Return the report as JSON-ready data. A fault says `link` or `process`, as its place is."""
    return {
        **fields_of(report),
        "objectives": [_objective_document(item) for item in report.objectives],
        "faults": [_fault_document(item) for item in report.faults],
        "recovery": [_failover_document(item) for item in report.recovery],
        "not_judged": list(report.not_judged),
    }


def _objective_document(item: ObjectiveResult) -> JsonObject:
    value = item.value
    return {**fields_of(item), "value": value if value is None or math.isfinite(value) else None}


def _fault_document(item: FaultResult) -> JsonObject:
    plain = {name: value for name, value in fields_of(item).items() if name not in ("place", "place_kind")}
    return {**plain, item.place_kind: item.place}


def _failover_document(item: Failover) -> JsonObject:
    phases: list[Json] = [_phase_document(phase) for phase in item.phases]
    return {**fields_of(item), "phases": phases, "service": _phase_document(item.service)}


def _phase_document(phase: Phase) -> JsonObject:
    return {**fields_of(phase), "seconds": phase.seconds}


def from_document(document: JsonObject) -> Report:
    """Return the report that `as_document` turned into data. Raises `KeyError`, `TypeError` or `ValueError`."""
    faults = msgspec.convert(document["faults"], tuple[_StoredFault, ...])
    plain = msgspec.convert({**document, "faults": ()}, Report)
    return replace(plain, faults=tuple(fault.result() for fault in faults))


class _StoredFault(msgspec.Struct):
    """A fault as `verdict.json` has it: its place is a `link` or a `process`."""

    name: str
    from_s: float
    to_s: float
    hits: int
    settings: Mapping[str, bool | float | int | str] = {}
    missed: tuple[str, ...] = ()
    not_known: str = ""
    why_nothing: str = ""
    link: str | None = None
    process: str | None = None

    def result(self) -> FaultResult:
        """Return the fault as reports have it. Raises `KeyError` where it has no place."""
        kind, place = ("process", self.process) if self.link is None else ("link", self.link)
        if place is None:
            raise KeyError("process")
        facts = (self.settings, self.missed, self.not_known, self.why_nothing)
        return FaultResult(self.name, place, kind, self.from_s, self.to_s, self.hits, *facts)


def read_effect(folder: Path) -> Effect | None:
    """Return the effect that was measured when a run ended; None where it had no control.

    Raises `UsageError` where it cannot be read.
    """
    path = folder / EFFECT_FILE
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Effect | None)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__}: {error}", hint="run it again") from error
