"""An authorisation that is given up."""

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Authorise, then void."""
    authorization = session.create(capture="manual")
    if authorization.ok and authorization.payment_id is not None:
        session.void(authorization.payment_id)
