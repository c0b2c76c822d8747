"""Looking through the latest payments."""

from loadtests.plan import Arrival
from loadtests.session import Session

LIMITS = (1, 10, 25, 100)


def run(session: Session, arrival: Arrival) -> None:
    """List a page, and the page after it."""
    limit = LIMITS[arrival.choose("limit", len(LIMITS))]
    page = session.list_payments(f"limit={limit}")
    last = page.subject.data[-1].id if page.ok and page.subject.data else None
    if last is not None:
        session.list_payments(f"limit={limit}&starting_after={last}")
