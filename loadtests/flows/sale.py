"""A sale: the money is taken at once."""

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Create a payment with automatic capture."""
    session.create()
