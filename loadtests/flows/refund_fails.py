"""A refund that its gateway takes back later, and that is asked for again once the merchant sees it failed."""

from loadtests.plan import Arrival
from loadtests.session import Session

LOOKS, PAUSE_S = 12, 0.5


def run(session: Session, arrival: Arrival) -> None:
    """Sell, refund all of it, watch the refund; where it fails, refund all of it again."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    refund = session.refund(sale.payment_id, arrival.amount_minor)
    if not refund.ok or refund.subject.id is None:
        return
    for _ in range(LOOKS):
        session.around.sleep(PAUSE_S)
        seen = session.get_refund(refund.subject.id)
        if seen.ok and seen.subject.status == "failed":
            session.refund(sale.payment_id, arrival.amount_minor)
            return
