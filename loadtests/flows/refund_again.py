"""A refund that is asked for again where it was declined: the money is still there."""

from harness.core.verdicts import Outcome
from loadtests.plan import Arrival
from loadtests.session import Session

PAUSE_S = 0.5


def run(session: Session, arrival: Arrival) -> None:
    """Sell, ask for the whole amount back, and where that was declined for certain once more, under another key."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    refund = session.draft_change("refund", sale.payment_id, arrival.amount_minor)
    refund.expect = "any"
    if session.perform(refund).outcome == Outcome.FAILED:
        session.around.sleep(PAUSE_S)
        again = session.draft_change("refund", sale.payment_id, arrival.amount_minor)
        again.expect = "any"
        session.perform(again)
