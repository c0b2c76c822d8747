"""What was written into the ledger, and what the merchant was told."""

from collections.abc import Iterator

from reports.money import amount
from reports.story.facts import API, LEDGER, MERCHANT, Fact, Telling, Tone
from reports.story.gather import Trace
from reports.tables import Row


def tell(trace: Trace) -> Telling:
    """Return the ledger's journals and the webhooks."""
    return Telling((*_journals(trace), *_webhooks(trace)))


def _journals(trace: Trace) -> Iterator[Fact]:
    journals: dict[str, list[Row]] = {}
    for row in trace.of("postings"):
        journals.setdefault(str(row["journal_id"]), []).append(row)
    for rows in journals.values():
        first = rows[0]
        moved = sum(max(0, _minor(row)) for row in rows)
        money = amount(moved, first["currency"] or "")
        lines = "; ".join(_line(row) for row in sorted(rows, key=_minor, reverse=True))
        cause = str(first["cause"] or "").partition(":")[0]
        words = f"Journal {first['cause']}: {lines}."
        yield Fact(first["created_at_us"], LEDGER, f"{cause} {money}", words, tone="good", rank=7)


def _minor(row: Row) -> int:
    return int(row["amount_minor"] or 0)


def _line(row: Row) -> str:
    side = "debit" if _minor(row) > 0 else "credit"
    return f"{side} {row['account']} {amount(abs(_minor(row)), row['currency'] or '')}"


def _webhooks(trace: Trace) -> Iterator[Fact]:
    types = {row["event_id"]: row["type"] for row in trace.of("outbox")}
    for row in trace.of("delivery_attempts"):
        if row["http_status"] is None or row["http_status"] >= 300:
            cause = row["error"] or row["http_status"] or "no answer"
            words = f"The webhook {types.get(row['event_id'], row['event_id'])} does not get through ({cause})."
            yield Fact(row["sent_at_us"], API, "webhook fails", words, MERCHANT, "doubt", lost=True, rank=11)
    for row in trace.of("sink_events"):
        signature = "" if row["signature_ok"] in (True, None) else ", with a signature that does not verify"
        words = f"The merchant gets webhook {row['type']} and answers {row['http_status']}{signature}."
        tone: Tone = "good" if (row["http_status"] or 0) < 300 and not signature else "doubt"
        yield Fact(row["received_at_us"], API, str(row["type"]), words, MERCHANT, tone, rank=11)
