"""Reads a capacity report as a side: its `capacity.json`, by the names that docs/capacity.md gives."""

from pathlib import Path

import msgspec

from harness.capacity.cases import HEALTHY
from harness.comparing.figures import CAPACITY, Part
from harness.comparing.series import Side, Stated
from harness.core.errors import UsageError
from harness.statistics import Interval

FILE = "capacity.json"
READABLE_VERSIONS = (1,)
LIMIT = "limit"


def is_capacity(path: Path) -> bool:
    """Tell whether a path is a capacity report's folder, or its document."""
    return (path / FILE).is_file() or (path.name.endswith(".json") and path.is_file())


class _Answer(msgspec.Struct):
    """A case's limit, as far as it has one (`kind` says what else it is)."""

    kind: str
    confidence: float
    estimate_per_s: float | None
    lo_per_s: float | None
    hi_per_s: float | None


class _Case(msgspec.Struct):
    name: str
    judged: str
    answer: _Answer
    violated: tuple[str, ...] = ()


class _Document(msgspec.Struct):
    """What a comparison wants of the report."""

    schema_version: int
    name: str
    cases: tuple[_Case, ...]
    target: str = ""
    workload: str = ""
    slo: str = ""
    verdict: str = ""
    seed: int | str = ""


def read_capacity(path: Path, part: Part) -> Side:
    """Return the report as a side. Raises `UsageError` for one that cannot be read, or where a part is asked of it."""
    if part != "whole":
        raise UsageError(f"--part: {path} is a capacity report, which has no part {part}", hint="leave --part out")
    document = path / FILE if path.is_dir() else path
    try:
        found = msgspec.json.decode(document.read_bytes(), type=_Document)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{document} is no capacity report: {type(error).__name__}: {error}", hint="`faultline capacity` makes one"
        ) from error
    if found.schema_version not in READABLE_VERSIONS:
        raise UsageError(f"{document} has schema version {found.schema_version}", hint="this reads version 1")
    return Side(found.name, (), _facts(found), (), {_name(case): _stated(case) for case in found.cases})


def _name(case: _Case) -> str:
    return CAPACITY if case.name == HEALTHY else f"{CAPACITY}:{case.name}"


def _stated(case: _Case) -> Stated:
    """Return a case's limit; a rate at which money goes wrong is none."""
    answer = case.answer
    estimate, lo, hi = answer.estimate_per_s, answer.lo_per_s, answer.hi_per_s
    if case.judged == "FAIL":
        return Stated(estimate, None, f"invariants were broken: {', '.join(case.violated)}")
    if answer.kind != LIMIT or estimate is None or lo is None or hi is None or min(estimate, lo) <= 0:
        return Stated(estimate, None, f"it has no limit, but: {answer.kind}")
    return Stated(estimate, Interval(estimate, lo, hi, answer.confidence))


def _facts(found: _Document) -> dict[str, str]:
    return {name: str(getattr(found, name)) for name in ("target", "workload", "slo", "verdict", "seed")}
