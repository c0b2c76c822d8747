"""What the client asked, what it heard, and how long it waited."""

from collections.abc import Iterator

from reports.money import amount
from reports.story.facts import API, CLIENT, Fact, Span, Telling, Tone
from reports.story.gather import Trace
from reports.tables import Row

_ASKED = {"get": "read", "get_refund": "read refund", "final_read": "final read"}
_WITHOUT_AMOUNT = frozenset({"get", "get_refund", "final_read", "void", "list"})
_TONES: dict[str, Tone] = {"OK": "good", "FAILED": "refused", "UNKNOWN": "doubt"}


def tell(trace: Trace) -> Telling:
    """Return the client's side: every attempt as it was sent and as it ended."""
    rows = [row for row in trace.of("history") if row["kind"] != "list"]
    facts = [fact for row in rows for fact in _attempt(row)]
    spans = [
        Span(CLIENT, "waiting", "plain", row["sent_us"], row["done_us"])
        for row in rows
        if row["sent_us"] and row["kind"] not in _ASKED
    ]
    return Telling(tuple(facts), tuple(spans))


def _attempt(row: Row) -> Iterator[Fact]:
    asked = _asked(row)
    again = f" again (attempt {row['attempt']})" if (row["attempt"] or 1) > 1 else ""
    key = f", key {row['idempotency_key']}" if row["idempotency_key"] and row["kind"] not in _ASKED else ""
    place = f" to {row['replica']}" if row["replica"] else ""
    if row["sent_us"]:
        words = f"The client sends {asked}{again}{place}{key}."
        yield Fact(row["sent_us"], CLIENT, f"{asked}{again and ' again'}", words, API, rank=0)
    if row["done_us"]:
        yield _ending(row, asked)


def _asked(row: Row) -> str:
    kind = _ASKED.get(row["kind"], str(row["kind"]))
    if row["kind"] in _WITHOUT_AMOUNT or row["amount_minor"] is None:
        return kind
    return f"{kind} {amount(row['amount_minor'], row['currency'] or '')}"


def _ending(row: Row, asked: str) -> Fact:
    outcome = str(row["outcome"] or "UNKNOWN")
    if row["http_status"] is None:
        cause = row["error"] or "no answer"
        words = f"The client gets no answer to {asked} ({cause}): the outcome is UNKNOWN to it."
        return Fact(row["done_us"], API, f"no answer: {cause}", words, CLIENT, "doubt", lost=True, rank=10)
    said = row["got_status"] or row["error_code"] or ""
    replayed = ", a replay of the stored reply" if row["replayed"] else ""
    words = f"The client hears {row['http_status']} {said} to {asked}{replayed}: {outcome} to it."
    label = f"{row['http_status']} {said}".strip()
    tone = _TONES.get(outcome, "doubt")
    return Fact(row["done_us"], API, label, words, CLIENT, tone, rank=10)
