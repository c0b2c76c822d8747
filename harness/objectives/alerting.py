"""Promises about the runbook's alerts: that one fires in time, that it clears, that it stays silent.

Judged from the alerts' states and the scrapes that a run stored. A gap in the scrapes leaves open what is not proven by
what was seen: no alert is no proof of quiet where nobody looked.
"""

from dataclasses import dataclass

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from topology.alerts import load_alerts

ALERT_NAMES = load_alerts().names()
"""The runbook's alerts."""
NEEDS = ("history", "alerts", "scrapes")
GAP = 2 / 3
"""A process that was not scraped for so much of the window leaves the window's rates without a value."""


def alert_fires(name: str, *, within: float, fault: str = "") -> Objective:
    """Promise that the alert fires within `within` seconds of the begin of `fault` ('': of the first fault)."""
    _check(name, within)

    def measure(evidence: Evidence) -> Measurement:
        if (missing := _not_collected(evidence)) or (span := _span_of(evidence, fault)) is None:
            return Measurement(None, missing or f"no fault {fault or 'at all'} was injected and healed", False)
        began_us, ended_us = span
        told = firing(evidence, name)
        if any(item.from_us < began_us for item in told):
            return Measurement(0.0, "it was firing before the fault began", False)
        if told:
            after_s = (told[0].from_us - began_us) / 1e6
            return Measurement(after_s, f"{after_s:.2f} s after the fault began ({told[0].why})", after_s <= within)
        lasted_s = (ended_us - began_us) / 1e6
        if hole := holes(evidence, began_us, ended_us):
            return Measurement(None, f"it did not fire as far as is known, but {hole}", False)
        if lasted_s < (needed_s := _shortest_s(evidence)):
            return Measurement(None, f"a fault of {lasted_s:.1f} s is too short for an alert ({needed_s:.1f} s)", False)
        return Measurement(lasted_s, f"it never fired in the {lasted_s:.1f} s that the fault lasted", False)

    of = f", fault={fault}" if fault else ""
    return Objective(
        name=f"alert_fires(name={name}, within_s={within:g}{of})",
        goal=f"the alert {name} fires within {within:g} s of the begin of {fault or 'the first fault'}",
        measure=measure,
        needs=NEEDS,
    )


def alert_clears(name: str, *, within: float) -> Objective:
    """Promise that an alert that fired is over `within` seconds after the last heal, and does not come back."""
    _check(name, within)

    def measure(evidence: Evidence) -> Measurement:
        if missing := _not_collected(evidence):
            return Measurement(None, missing, False)
        told = firing(evidence, name)
        if not told:
            return Measurement(None, "it never fired, so there was nothing to clear", False)
        heal_us, end_us = evidence.last_heal_us, evidence.load_end_us
        after_s, left_s = max(0.0, (told[-1].to_us - heal_us) / 1e6), (end_us - heal_us) / 1e6
        if hole := holes(evidence, heal_us, end_us):
            return Measurement(None, f"nobody knows when it was over: {hole}", False)
        if told[-1].over:
            text = f"{after_s:.2f} s after the last heal"
            return Measurement(after_s, text, after_s <= within)
        if left_s < within:
            return Measurement(None, f"it was firing still when the load ended, {left_s:.1f} s after the heal", False)
        return Measurement(left_s, f"it was firing still {left_s:.1f} s after the last heal", False)

    return Objective(
        name=f"alert_clears(name={name}, within_s={within:g})",
        goal=f"the alert {name} is over within {within:g} s of the last heal, and does not come back",
        measure=measure,
        needs=NEEDS,
    )


def no_alert(name: str) -> Objective:
    """Promise that the alert does not fire while the load runs."""
    _check(name)

    def measure(evidence: Evidence) -> Measurement:
        if missing := _not_collected(evidence):
            return Measurement(None, missing, False)
        if told := firing(evidence, name):
            at_s, for_s = (told[0].from_us - evidence.t0_us) / 1e6, sum(item.seconds for item in told)
            return Measurement(for_s, f"it fired at {at_s:.2f} s, {for_s:.1f} s in all ({told[0].why})", False)
        if hole := holes(evidence, evidence.t0_us, evidence.load_end_us):
            return Measurement(None, f"it did not fire as far as is known, but {hole}", False)
        return Measurement(0.0, "silent", True)

    return Objective(
        name=f"no_alert(name={name})",
        goal=f"the alert {name} does not fire while the load runs",
        measure=measure,
        needs=NEEDS,
    )


def _check(name: str, within: float = 1.0) -> None:
    if name not in ALERT_NAMES:
        raise UsageError(f"there is no alert {name!r}", hint=f"valid: {', '.join(ALERT_NAMES)}")
    if within <= 0:
        raise UsageError(f"{name}: {within} is not a positive number of seconds")


@dataclass(frozen=True)
class Firing:
    """A stretch in which any rule of an alert was firing. `over` is False where the load's end cut it off.

    `why` tells the rule that began it: the indicator, its value and how bad.
    """

    from_us: int
    to_us: int
    over: bool
    why: str

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.to_us - self.from_us) / 1e6


def firing(evidence: Evidence, name: str) -> list[Firing]:
    """Return the stretches of the load in which an alert was firing, oldest first."""
    rows = evidence.rows(
        "SELECT at_us, metric, severity, state, value FROM alerts WHERE alert = ? ORDER BY at_us", [name]
    )
    on: set[tuple[str, str]] = set()
    found: list[Firing] = []
    began: tuple[int, str] | None = None
    for row in rows:
        rule = (row["metric"], row["severity"])
        (on.add if row["state"] == "firing" else on.discard)(rule)
        if on and began is None:
            value = "no value" if row["value"] is None else f"{row['value']:.3g}"
            began = row["at_us"], f"{row['metric']} {value}, {row['severity']}"
        elif not on and began is not None:
            found.append(Firing(began[0], row["at_us"], True, began[1]))
            began = None
    if began is not None:
        found.append(Firing(began[0], evidence.load_end_us, False, began[1]))
    return found


def holes(evidence: Evidence, from_us: int, until_us: int) -> str:
    """Say which process's figures were missing for too long in a span, and for how long; '' where none's were."""
    limit_us = GAP * 1e6 * evidence.setting("alert_window_s", 3)
    rows = evidence.rows(
        """
        WITH asked AS (
            SELECT process, asked_us FROM scrapes WHERE ok AND asked_us <= ?
            UNION ALL SELECT process, unnest([?, ?]) FROM (SELECT DISTINCT process FROM scrapes)
        ), gaps AS (
            SELECT process, asked_us - lag(asked_us) OVER (PARTITION BY process ORDER BY asked_us) AS gap_us, asked_us
            FROM asked
        )
        SELECT process, max(gap_us) AS gap_us FROM gaps
        WHERE asked_us > ? GROUP BY process HAVING max(gap_us) > ? ORDER BY gap_us DESC, process
        """,
        [until_us, from_us, until_us, from_us, limit_us],
    )
    return ", ".join(f"{row['process']} showed no figures for {row['gap_us'] / 1e6:.1f} s" for row in rows)


def _not_collected(evidence: Evidence) -> str:
    if not evidence.has("alerts", "scrapes"):
        return "this run stored no alerts"
    if not evidence.count("SELECT count(*) FROM scrapes WHERE process = 'rules'"):
        return "the alerts were never evaluated"
    return ""


def _span_of(evidence: Evidence, fault: str) -> tuple[int, int] | None:
    """Return when a fault ('': the first one) began and ended, all of its windows together."""
    windows = [(begin, end) for name, _, begin, end in evidence.fault_windows() if name == fault or not fault]
    if not windows:
        return None
    begin = min(windows)[0]
    return begin, max(end for _, end in windows) if fault else min(windows)[1]


def _shortest_s(evidence: Evidence) -> float:
    """Return how long trouble must last before any alert can fire: its `for`, and two evaluations."""
    return evidence.setting("alert_for_s", 3) + 2 * evidence.setting("alert_interval_s", 0.5)
