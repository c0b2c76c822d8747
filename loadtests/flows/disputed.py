"""A payment that the shopper's bank disputes: once the merchant sees that, a refund of it is refused."""

from loadtests.cards import DISPUTED_CARD
from loadtests.plan import Arrival
from loadtests.session import Session

LOOKS, PAUSE_S = 14, 0.5


def run(session: Session, arrival: Arrival) -> None:
    """Sell to a card that disputes, wait until the payment shows it, and ask for the money back all the same."""
    sale = session.create(payment_method=DISPUTED_CARD)
    if not sale.ok or sale.payment_id is None:
        return
    for _ in range(LOOKS):
        session.around.sleep(PAUSE_S)
        seen = session.get(sale.payment_id)
        if seen.ok and seen.subject.disputed_minor:
            session.refused(session.draft_change("refund", sale.payment_id, arrival.amount_minor))
            return
