"""One key at two merchants: two payments, and neither sees the other's."""

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Sell at two merchants under the same key; then let the second ask for the first one's payment."""
    mine = session.create()
    neighbour = session.job.merchants[(arrival.merchant + 1) % len(session.job.merchants)]
    theirs = session.draft_create(merchant=neighbour, reference=f"{session.name}-neighbour")
    theirs.key = mine.operation.key
    session.perform(theirs)
    if mine.payment_id is not None:
        # A system that is not ours is asked by reference; it is the payment's, of which nothing must be shown.
        peek = session.draft_get(mine.payment_id, mine.operation.reference if session.job.adapter else None)
        peek.merchant, peek.expect = neighbour, "refuse"
        session.perform(peek)
