"""How long until payments go the other way."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.service import STEP_US, errands

WINDOW_STEPS = 4
GOOD_SHARE = 0.9
MINIMUM = 3


def switched(*, within: float) -> Objective:
    """Promise that `within` seconds of the first fault payments succeed, and keep succeeding, at another gateway.

    Switched is the begin of the first second in which nine of ten payments succeed, most of them not at the gateway
    that had carried most of them before the fault.
    """
    if within <= 0:
        raise UsageError(f"switched: {within} is not a positive number of seconds")

    def measure(evidence: Evidence) -> Measurement:
        primary = _primary(evidence)
        if not evidence.fault_windows() or primary is None:
            return Measurement(None, "no fault, or no payments before it", False)
        begin_us = evidence.first_fault_us
        at_us = _switched_us(evidence, primary, begin_us)
        if at_us is None:
            return Measurement((evidence.load_end_us - begin_us) / 1e6, f"never left {primary}", False)
        lost = evidence.count(
            f"SELECT count(*) FROM {errands(evidence)} WHERE kind = 'create' AND NOT ok AND due_us BETWEEN ? AND ?",
            [begin_us, at_us],
        )
        value_s = (at_us - begin_us) / 1e6
        return Measurement(value_s, f"{value_s:.2f} s, {lost} payments without success until then", value_s <= within)

    return Objective(
        name=f"switched(within_s={within:g})",
        goal=f"payments succeed at another gateway within {within:g} s of the fault",
        measure=measure,
    )


def _primary(evidence: Evidence) -> str | None:
    """Return the gateway that carried most payments before the first fault."""
    found = evidence.scalar(
        f"SELECT gateway FROM {errands(evidence)} WHERE kind = 'create' AND ok AND gateway <> '' AND due_us < ? "
        "GROUP BY gateway ORDER BY count(*) DESC LIMIT 1",
        [evidence.first_fault_us],
    )
    return str(found) if found else None


def _switched_us(evidence: Evidence, primary: str, begin_us: int) -> int | None:
    rows = evidence.rows(
        f"""
        SELECT (due_us - ?) // {STEP_US} AS step, count(*) AS tried, count(*) FILTER (ok) AS ok,
            count(*) FILTER (ok AND gateway <> ?) AS elsewhere
        FROM {errands(evidence)} WHERE kind = 'create' AND due_us BETWEEN ? AND ? GROUP BY step
        """,
        [begin_us, primary, begin_us, evidence.load_end_us],
    )
    seen = {row["step"]: (row["tried"], row["ok"], row["elsewhere"]) for row in rows}
    for start in range(max(seen, default=-1) + 1):
        window = [seen.get(step, (0, 0, 0)) for step in range(start, start + WINDOW_STEPS)]
        tried, ok, elsewhere = (sum(column) for column in zip(*window, strict=True))
        if tried >= MINIMUM and ok >= GOOD_SHARE * tried and 2 * elsewhere > ok:
            return begin_us + start * STEP_US
    return None
