"""Eight partial refunds of one payment at once, together more than was captured."""

from loadtests.plan import Arrival
from loadtests.session import Session

RACERS = 8
SHARE_OF_CAPTURED = 0.2
"""Of each racer: five fit, three must be refused."""


def run(session: Session, arrival: Arrival) -> None:
    """Sell, then ask for eight refunds at the same moment, each under a key of its own, over all replicas."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    amount_minor = session.part(SHARE_OF_CAPTURED)
    racers = [session.draft_change("refund", sale.payment_id, amount_minor) for _ in range(RACERS)]
    session.together(session.rivals(racers))
    session.get(sale.payment_id)
