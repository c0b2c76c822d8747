"""An authorisation that is captured later, whole or in part."""

from loadtests.plan import Arrival
from loadtests.session import Session

WHOLE_SHARE = 0.6


def run(session: Session, arrival: Arrival) -> None:
    """Authorise, then capture everything or a part of it."""
    authorization = session.create(capture="manual")
    if not authorization.ok or authorization.payment_id is None:
        return
    amount_minor = arrival.amount_minor
    if arrival.draw("whole") >= WHOLE_SHARE:
        amount_minor = session.part(0.2 + 0.7 * arrival.draw("part"))
    session.capture(authorization.payment_id, amount_minor)
