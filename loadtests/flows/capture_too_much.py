"""Captures beyond what was authorised: of more than all at once, and of more than the rest after a first part."""

from loadtests.currencies import STEP_MINOR
from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Authorise; ask for more than that, then for a half, then for more than the other half. Only the half is due."""
    authorization = session.create(capture="manual")
    if not authorization.ok or authorization.payment_id is None:
        return
    step_minor, half_minor = STEP_MINOR.get(session.merchant.currency, 1), session.part(0.5)
    payment_id = authorization.payment_id
    session.refused(session.draft_change("capture", payment_id, arrival.amount_minor + step_minor))
    half = session.capture(payment_id, half_minor)
    if half.ok:
        session.refused(session.draft_change("capture", payment_id, arrival.amount_minor - half_minor + step_minor))
