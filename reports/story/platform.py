"""What the platform decided: operations, attempts and the status that a merchant sees."""

from collections.abc import Iterator

from reports.money import amount
from reports.story.facts import API, Fact, Span, Telling, Tone
from reports.story.gather import Trace
from reports.tables import Row

_ATTEMPT_TONES: dict[str, Tone] = {
    "succeeded": "good", "declined": "refused", "unknown": "doubt", "not_executed": "refused", "reversed": "refused",
    "manual": "bad", "requires_action": "doubt",
}  # fmt: skip
_STATUS_TONES: dict[str, Tone] = {
    "processing": "doubt", "requires_action": "doubt", "authorized": "good", "partially_captured": "good",
    "captured": "good", "partially_refunded": "refused", "refunded": "refused", "failed": "refused",
    "canceled": "refused", "expired": "refused",
}  # fmt: skip
_FINAL = frozenset({"succeeded", "declined", "not_executed", "reversed", "manual"})


def tell(trace: Trace) -> Telling:
    """Return the platform's side."""
    attempts = {row["attempt_id"]: row for row in trace.of("attempts")}
    calls = None if "gateway_calls" in trace.missing else trace.of("gateway_calls")
    steps = sorted(trace.of("attempt_transitions") or _steps(trace.of("attempts")), key=lambda row: int(row["at_us"]))
    facts = [*_operations(trace), *_statuses(trace)]
    for step in steps:
        attempt = attempts.get(step["attempt_id"], {})
        if step["to_state"] == "dispatched":
            facts.append(_dispatch(step, attempt, _arrived(step, steps, calls)))
        elif step["to_state"] != "prepared":
            facts.append(_decision(step, attempt))
    return Telling(tuple(facts), (*_status_spans(trace), *_attempt_spans(steps, attempts)))


def _steps(attempts: list[Row]) -> Iterator[Row]:
    """Rebuild the transitions from the attempts' own stamps, for runs that kept only those."""
    for row in attempts:
        stamps = [("prepared", row["prepared_at_us"]), ("dispatched", row["dispatched_at_us"])]
        stamps.append((row["state"], row["decided_at_us"]))
        before = ""
        for state, at_us in stamps:
            if at_us:
                told = {"evidence": row["evidence"] if state in _FINAL else "", "at_us": at_us}
                yield {"attempt_id": row["attempt_id"], "from_state": before, "to_state": state, **told}
                before = state


def _operations(trace: Trace) -> Iterator[Fact]:
    for row in trace.of("operations"):
        what = f"{row['kind']} of {amount(row['amount_minor'] or 0, row['currency'] or '')}"
        if row["created_at_us"]:
            yield Fact(
                row["created_at_us"], API, f"accepts {row['kind']}",
                f"The API accepts operation {row['operation_id']}: {what}.", rank=1,
            )  # fmt: skip
        if row["decided_at_us"] and row["kind"] in ("refund", "reversal", "void", "capture"):
            tone = _ATTEMPT_TONES.get(row["state"], "plain")
            words = f"The API decides operation {row['operation_id']} ({what}): {row['state']}."
            yield Fact(row["decided_at_us"], API, f"{row['kind']} {row['state']}", words, tone=tone, rank=9)


def _arrived(step: Row, steps: list[Row], calls: list[Row] | None) -> bool | None:
    """Tell whether the gateway saw this dispatch before the attempt's next step; None where its calls are unknown."""
    if calls is None:
        return None
    own = [row["at_us"] for row in steps if row["attempt_id"] == step["attempt_id"] and row["at_us"] > step["at_us"]]
    seen = [call["arrived_at_us"] for call in calls if call["attempt_id"] == step["attempt_id"]]
    return any(at_us < min(own, default=at_us + 1) for at_us in seen)


def _dispatch(step: Row, attempt: Row, arrived: bool | None) -> Fact:
    gateway = str(attempt.get("gateway") or "a gateway")
    name = f"attempt {attempt.get('seq') or '?'}"
    words = f"The API dispatches {name} to {gateway} under gateway key {attempt.get('gateway_key') or '?'}"
    label, at_us = f"{name} to {gateway}", int(step["at_us"])
    if arrived or "gateway" not in attempt:
        return Fact(at_us, API, label, f"{words}.", rank=3)
    if arrived is None:
        return Fact(at_us, API, label, f"{words}.", gateway, rank=3)
    return Fact(at_us, API, label, f"{words}; it does not arrive there.", gateway, "bad", lost=True, rank=3)


def _decision(step: Row, attempt: Row) -> Fact:
    gateway = attempt.get("gateway") or "a gateway"
    name = f"attempt {attempt.get('seq') or '?'}"
    state = str(step["to_state"])
    evidence = f" (evidence: {step['evidence']})" if step["evidence"] else ""
    words = f"{name.capitalize()} at {gateway} goes from {step['from_state'] or 'nothing'} to {state}{evidence}."
    tone = _ATTEMPT_TONES.get(state, "plain")
    return Fact(step["at_us"], API, f"{name} {state.replace('_', ' ')}", words, tone=tone, rank=2)


def _statuses(trace: Trace) -> Iterator[Fact]:
    for row in trace.of("status_history"):
        if row["from_status"]:
            words = f"The payment goes from {row['from_status']} to {row['to_status']} (version {row['version']})."
            tone = _STATUS_TONES.get(row["to_status"], "plain")
            label = f"payment {row['to_status'].replace('_', ' ')}"
            yield Fact(row["at_us"], API, label, words, tone=tone, rank=8)


def _status_spans(trace: Trace) -> Iterator[Span]:
    by_payment: dict[str, list[Row]] = {}
    for row in sorted(trace.of("status_history"), key=lambda item: (item["at_us"], item["version"] or 0)):
        by_payment.setdefault(row["payment_id"], []).append(row)
    # Two payments under one reference cannot share one bar; the drawing then has facts only.
    for rows in by_payment.values() if len(by_payment) == 1 else []:
        ends: list[int | None] = [*(row["at_us"] for row in rows[1:]), None]
        for row, to_us in zip(rows, ends, strict=True):
            state = str(row["to_status"])
            yield Span(API, state, _STATUS_TONES.get(state, "plain"), row["at_us"], to_us)


def _attempt_spans(steps: list[Row], attempts: dict[str, Row]) -> Iterator[Span]:
    last: dict[str, Row] = {}
    for step in steps:
        before = last.get(step["attempt_id"])
        gateway = str(attempts.get(step["attempt_id"], {}).get("gateway") or "")
        if before is not None and gateway and before["to_state"] in ("dispatched", "unknown"):
            state = str(before["to_state"])
            yield Span(gateway, state, _ATTEMPT_TONES.get(state, "plain"), before["at_us"], step["at_us"])
        last[step["attempt_id"]] = step
    for attempt_id, step in last.items():
        gateway = str(attempts.get(attempt_id, {}).get("gateway") or "")
        if gateway and step["to_state"] in ("dispatched", "unknown"):
            yield Span(gateway, str(step["to_state"]), "doubt", step["at_us"], None)
