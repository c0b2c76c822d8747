"""One reference under several keys, at a merchant that allows it: each key pays, and each gives back."""

from loadtests.operations import Operation
from loadtests.plan import Arrival
from loadtests.session import Session

AT_ONCE = 2


def run(session: Session, arrival: Arrival) -> None:
    """Sell twice at once under one reference and two keys, then once more; the same with refunds of one of the sales.

    Where every merchant's references are unique, it is a plain sale.
    """
    shops = [item for item in session.job.merchants if item.reference_policy == "allowed"]
    if not shops:
        session.create()
        return
    if session.merchant.reference_policy != "allowed":
        session.merchant = shops[arrival.choose("shop", len(shops))]
    sold = session.together(session.rivals([_sale(session) for _ in range(AT_ONCE)]))
    third = _sale(session)
    third.expect = "any"
    session.perform(third)
    if not sold[0].ok or sold[0].payment_id is None:
        return
    refunds = [_refund(session, sold[0].payment_id) for _ in range(AT_ONCE)]
    session.together(session.rivals(refunds))


def _sale(session: Session) -> Operation:
    return session.draft_create(amount_minor=session.part(1), reference=f"{session.name}-again")


def _refund(session: Session, payment_id: str) -> Operation:
    refund = session.draft_change("refund", payment_id, session.part(0.1))
    return session.renamed(refund, f"{session.name}-back-again")
