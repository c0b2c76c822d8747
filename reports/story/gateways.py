"""What the gateways saw and what they did with the money, from their own books."""

from collections.abc import Iterator

from reports.money import amount
from reports.story.facts import API, Fact, Telling, Tone
from reports.story.gather import Trace
from reports.tables import Row

_RESULTS: dict[str, Tone] = {"executed": "good", "replayed": "good", "declined": "refused", "lookup": "plain"}
_MOVES: dict[str, Tone] = {
    "void": "refused", "refund": "refused", "refund_failed": "bad", "dispute": "bad", "dispute_fee": "bad",
}  # fmt: skip
_MONEY = frozenset({"create", "confirm", "capture", "void", "refund", "order"})


def tell(trace: Trace) -> Telling:
    """Return the gateways' side: calls as they arrived and were answered, and every movement of money."""
    unknown_at = _unknown_at(trace)
    moved_at = {(row["gateway"], row["attempt_id"]): row["at_us"] for row in trace.of("gateway_movements")}
    facts: list[Fact] = []
    for call in trace.of("gateway_calls"):
        moved_us = moved_at.get((call["gateway"], call["attempt_id"]), 0)
        facts += _call(call, unknown_at, max(call["arrived_at_us"], moved_us))
    facts += [_movement(row) for row in trace.of("gateway_movements")]
    return Telling(tuple(facts))


def _unknown_at(trace: Trace) -> dict[str, int]:
    """When the platform gave up waiting for an attempt's answer, by attempt."""
    return {row["attempt_id"]: row["at_us"] for row in trace.of("attempt_transitions") if row["to_state"] == "unknown"}


def _call(call: Row, unknown_at: dict[str, int], executed_us: int) -> Iterator[Fact]:
    gateway, endpoint = str(call["gateway"]), str(call["endpoint"])
    words = f"{call['method']} {endpoint} arrives at {gateway} under key {call['gateway_key'] or 'none'}."
    yield Fact(call["arrived_at_us"], API, endpoint, words, gateway, rank=4)
    planted = f" (fault: {call['fault']})" if call["fault"] else ""
    result = str(call["result"])
    if call["answered_at_us"] is None or call["http_status"] is None:
        words = f"{gateway}: {result}, and no answer ever leaves{planted}."
        yield Fact(executed_us + 1, gateway, "no answer", words, API, "bad", lost=True, rank=6)
        return
    gave_up_us = unknown_at.get(call["attempt_id"] or "")
    lost = endpoint in _MONEY and gave_up_us is not None and call["arrived_at_us"] < gave_up_us
    tail = "; the platform did not get it in time, and holds the attempt unknown" if lost else ""
    words = f"{gateway} answers {call['http_status']}: {result.replace('_', ' ')}{planted}{tail}."
    tone: Tone = "bad" if lost else _RESULTS.get(result, "doubt")
    label = f"{call['http_status']} {result.replace('_', ' ')}"
    yield Fact(call["answered_at_us"], gateway, label, words, API, tone, lost=lost, rank=6)


def _movement(row: Row) -> Fact:
    money = amount(row["amount_minor"] or 0, row["currency"] or "")
    kind = str(row["kind"]).replace("_", " ")
    words = f"{row['gateway']}'s own book: {kind} of {money} on {row['charge_id']}."
    return Fact(
        row["at_us"], str(row["gateway"]), f"{kind} {money}", words, tone=_MOVES.get(row["kind"], "good"), rank=5
    )
