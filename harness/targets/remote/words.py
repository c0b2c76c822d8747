"""What an adapter says, in the words of the history: statuses, codes and payments as our own API would show them."""

from collections.abc import Mapping

from harness.core.adapter import MERCHANT, Seen, Word
from harness.core.plain import JsonObject

STATUS: Mapping[Word, str] = {Word.PAID: "captured", Word.PENDING: "processing", Word.FAILED: "failed"}
"""Words that mean that there is a payment, with its status in history and books."""

STATES: Mapping[str, str | list[str] | list[list[str]]] = {
    "initial": "processing",
    "edges": [["processing", "captured"], ["processing", "failed"]],
    "terminal": ["captured", "failed"],
}
"""The edges that the adapter's own words allow: PAID and FAILED are final."""

HTTP_STATUS: Mapping[Word, int] = {
    Word.PAID: 200,
    Word.PENDING: 202,
    Word.FAILED: 402,
    Word.REFUSED: 400,
    Word.KEY_REUSED: 422,
    Word.BUSY: 409,
    Word.UNKNOWN: 500,
}
"""The status that our own API answers with in that case: the invariants know answers by these."""

CODE: Mapping[Word, str] = {
    Word.FAILED: "payment_failed",
    Word.REFUSED: "refused",
    Word.KEY_REUSED: "idempotency_key_reused",
    Word.BUSY: "idempotency_key_in_use",
    Word.UNKNOWN: "unknown",
}


def payment(seen: Seen, merchant: str = MERCHANT) -> JsonObject | None:
    """Return the payment that this merchant was shown as our own API shows one; None where there is none."""
    if seen.word not in STATUS or not seen.payment_id:
        return None
    taken_minor = seen.amount_minor if seen.word == Word.PAID else 0
    return {
        "id": seen.payment_id,
        "object": "payment",
        "merchant_id": merchant,
        "status": STATUS[seen.word],
        "amount_minor": seen.amount_minor,
        "currency": seen.currency.upper() if seen.currency else None,
        "captured_minor": taken_minor,
        "version": seen.version,
    }
