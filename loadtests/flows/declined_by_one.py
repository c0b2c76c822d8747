"""A card that one gateway declines for good and the other would take: who is declined is not carried elsewhere."""

from loadtests.cards import BLOCKED_CARDS
from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Pay with each of two such cards: which of them is declined depends on which gateway is asked."""
    for step, card in enumerate(BLOCKED_CARDS):
        sale = session.draft_create(payment_method=card, reference=f"{session.name}-card-{step}")
        sale.expect = "any"
        session.perform(sale)
