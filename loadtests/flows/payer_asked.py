"""A payment that its payer must confirm: some do, a moment later; others never answer."""

from loadtests.cards import SILENT_PAYERS_CARD, SLOW_PAYERS_CARD
from loadtests.plan import Arrival
from loadtests.session import Session

SILENT_SHARE = 0.4


def run(session: Session, arrival: Arrival) -> None:
    """Pay with a card that asks its payer, and wait for how that ends."""
    silent = arrival.draw("silent") < SILENT_SHARE
    session.create(payment_method=SILENT_PAYERS_CARD if silent else SLOW_PAYERS_CARD, expect="any")
