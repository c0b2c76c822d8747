"""Promises with a number. Each is a function that returns an `Objective`; its name tells its parameters.

Because the name tells them, a stored run's plan is enough to measure its promises again: `objective_named`.
"""

import re
from collections.abc import Callable, Mapping

from harness.core.errors import UsageError
from harness.core.judgement import Objective
from harness.objectives.alerting import ALERT_NAMES, alert_clears, alert_fires, no_alert
from harness.objectives.availability import availability
from harness.objectives.drained import drained
from harness.objectives.generator_valid import generator_valid
from harness.objectives.latency import latency
from harness.objectives.recovered import recovered
from harness.objectives.rpo import rpo
from harness.objectives.rto import rto
from harness.objectives.switched import switched
from harness.objectives.unknowns_resolved import unknowns_resolved

OBJECTIVES: Mapping[str, Callable[..., Objective]] = {
    "alert_clears": alert_clears,
    "alert_fires": alert_fires,
    "availability": availability,
    "drained": drained,
    "generator_valid": generator_valid,
    "latency": latency,
    "no_alert": no_alert,
    "recovered": recovered,
    "rpo": rpo,
    "rto": rto,
    "switched": switched,
    "unknowns_resolved": unknowns_resolved,
}
"""Every kind of objective by its name."""

_NAME = re.compile(r"(?P<kind>\w+)\((?P<parameters>[^)]*)\)")
_ARGUMENTS = {"within_s": "within", "p95_s": "p95"}
_WORDS = frozenset({"when", "name", "fault"})
"""Parameters that are no numbers."""


def objective_named(name: str) -> Objective:
    """Return the objective that has this name, such as `recovered(within_s=10)`.

    Raises `UsageError` where the text names none.
    """
    match = _NAME.fullmatch(name.strip())
    if match is None or match["kind"] not in OBJECTIVES:
        raise UsageError(f"unknown objective: {name!r}", hint=f"valid kinds: {', '.join(OBJECTIVES)}")
    arguments: dict[str, float | str] = {}
    for pair in filter(None, (part.strip() for part in match["parameters"].split(","))):
        key, _, value = pair.partition("=")
        number = 0.0 if key in _WORDS else _number(name, value)
        arguments[_ARGUMENTS.get(key, key)] = value if key in _WORDS else int(number) if key == "payments" else number
    try:
        return OBJECTIVES[match["kind"]](**arguments)
    except TypeError as error:
        raise UsageError(f"objective {name!r} has parameters that its kind does not know: {error}") from error


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"objective {name!r}: {text!r} is not a number") from error


__all__ = [
    "ALERT_NAMES",
    "OBJECTIVES",
    "alert_clears",
    "alert_fires",
    "availability",
    "drained",
    "generator_valid",
    "latency",
    "no_alert",
    "objective_named",
    "recovered",
    "rpo",
    "rto",
    "switched",
    "unknowns_resolved",
]
