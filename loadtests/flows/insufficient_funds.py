"""A card without enough money."""

from loadtests.cards import EMPTY_CARD
from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Create a payment that must be declined for want of funds."""
    session.create(payment_method=EMPTY_CARD, expect="decline")
