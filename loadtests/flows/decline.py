"""A card that its bank declines."""

from loadtests.cards import DECLINED_CARD
from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Create a payment that must be declined and must move no money."""
    session.create(payment_method=DECLINED_CARD, expect="decline")
