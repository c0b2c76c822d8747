"""A client that gives up at once and asks again under the same key, at the next replica."""

from loadtests.plan import Arrival
from loadtests.session import Session

PATIENCE_S = 0.3
"""A sound platform answers within it on a good day. On a bad one the first request goes on without its client."""


def run(session: Session, arrival: Arrival) -> None:
    """Sell; the first send is given up early, all others are waited for as usual."""
    sale = session.draft_create()
    sale.patience_s = PATIENCE_S
    session.perform(sale)
