"""A key used again for another payload: refused, and nothing happens, whichever single field it is that differs."""

from loadtests.cards import GOOD_CARDS
from loadtests.currencies import STEP_MINOR
from loadtests.operations import Operation
from loadtests.plan import Arrival
from loadtests.session import Session

LIKE = {"EUR": "USD", "USD": "EUR", "JPY": "KRW", "KWD": "BHD"}
"""Another currency with as many decimals."""


def run(session: Session, arrival: Arrival) -> None:
    """Sell, then send the same sale under the same key with one field changed; each field in turn."""
    sale = session.create()
    if not sale.ok:
        return
    for other in _variants(session, arrival):
        other.key, other.expect, other.follow = sale.operation.key, "refuse", False
        session.perform(other)


def _variants(session: Session, arrival: Arrival) -> list[Operation]:
    """Return the sale with another amount, card, capture mode, currency and reference, each otherwise unchanged.

    All but the last name the sale's own reference, which must not become that of a refused intent in the history.
    """
    step_minor = STEP_MINOR.get(session.merchant.currency, 1)
    other_reference = f"{session.name}-reuse"
    if session.job.adapter:  # its words for a payment carry no more than amount and reference
        return [session.draft_create(amount_minor=arrival.amount_minor + step_minor, reference=other_reference)]
    changed = [
        session.draft_create(amount_minor=arrival.amount_minor + step_minor),
        session.draft_create(payment_method=next(card for card in GOOD_CARDS if card != arrival.card)),
        session.draft_create(capture="manual"),
        session.draft_create(currency=LIKE.get(session.merchant.currency, "EUR")),
    ]
    for operation in changed:
        operation.reference = None
    return [*changed, session.draft_create(reference=other_reference)]
