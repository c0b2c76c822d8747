"""A key used again for another payload: refused, and nothing happens."""

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Sell, then send another amount under the same key, with a reference of its own."""
    sale = session.create()
    if not sale.ok:
        return
    other = session.draft_create(amount_minor=arrival.amount_minor + 1, reference=f"{session.name}-reuse")
    other.key, other.expect = sale.operation.key, "refuse"
    session.perform(other)
