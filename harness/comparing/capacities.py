"""Reads a capacity report as a side: its `capacity.json`, by the names that docs/capacity.md gives."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def read_capacity(path: Path, part: Part) -> Side:
    """Return the report as a side. Raises `UsageError` for one that cannot be read, or where a part is asked of it."""
    if part != "whole":
        raise UsageError(f"--part: {path} is a capacity report, which has no part {part}", hint="leave --part out")
    document = path / FILE if path.is_dir() else path
    try:
        found = json.loads(document.read_text())
        if found["schema_version"] not in READABLE_VERSIONS:
            raise UsageError(f"{document} has schema version {found['schema_version']}", hint="this reads version 1")
        cases = {_name(case): _stated(case) for case in found["cases"]}
        return Side(str(found["name"]), (), _facts(found), (), cases)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{document} is no capacity report: {type(error).__name__}: {error}", hint="`faultline capacity` makes one"
        ) from error


def _name(case: Mapping[str, Any]) -> str:
    return CAPACITY if case["name"] == HEALTHY else f"{CAPACITY}:{case['name']}"


def _stated(case: Mapping[str, Any]) -> Stated:
    """Return a case's limit; a rate at which money goes wrong is none."""
    answer = case["answer"]
    estimate, lo, hi = (answer[f"{name}_per_s"] for name in ("estimate", "lo", "hi"))
    if case["judged"] == "FAIL":
        return Stated(estimate, None, f"invariants were broken: {', '.join(case.get('violated', ()))}")
    if answer["kind"] != LIMIT or None in (estimate, lo, hi) or min(estimate, lo) <= 0:
        return Stated(estimate, None, f"it has no limit, but: {answer['kind']}")
    return Stated(estimate, Interval(estimate, lo, hi, answer["confidence"]))


def _facts(found: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(found.get(name, "")) for name in ("target", "workload", "slo", "verdict", "seed")}
