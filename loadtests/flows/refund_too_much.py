"""Refunds of a payment that was captured in part: no more than that part was taken, whatever was authorised."""

from loadtests.currencies import STEP_MINOR
from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Authorise, capture a half; ask for all that was authorised back, for a little more than the half, then for it."""
    authorization = session.create(capture="manual")
    if not authorization.ok or authorization.payment_id is None:
        return
    payment_id, half_minor = authorization.payment_id, session.part(0.5)
    if not session.capture(payment_id, half_minor).ok:
        return
    for too_much_minor in (arrival.amount_minor, half_minor + STEP_MINOR.get(session.merchant.currency, 1)):
        session.refused(session.draft_change("refund", payment_id, too_much_minor))
    session.refund(payment_id, half_minor)
