"""A payment that is disputed while its merchant refunds it in parts: each part is asked for around that moment."""

from loadtests.cards import DISPUTED_CARD
from loadtests.plan import Arrival
from loadtests.session import Session

PARTS = 4
SHARE_OF_CAPTURED = 0.2
"""Of each part: together less than what was captured, so that only the dispute can stand in the way."""
PAUSE_S = 0.12
"""The dispute opens 0.3 s after the capture (`dispute_ms` of the simulators): amid the parts."""


def run(session: Session, arrival: Arrival) -> None:
    """Sell to a card that disputes, ask part after part back without waiting for what the payment says, and look."""
    sale = session.create(payment_method=DISPUTED_CARD)
    if not sale.ok or sale.payment_id is None:
        return
    amount_minor = session.part(SHARE_OF_CAPTURED)
    for part in session.rivals([session.draft_change("refund", sale.payment_id, amount_minor) for _ in range(PARTS)]):
        session.perform(part)
        session.around.sleep(PAUSE_S)
    session.get(sale.payment_id)
