"""An authorisation that is captured late, or forgotten; it may have lapsed by then, and is refused with the reason."""

from loadtests.plan import Arrival
from loadtests.session import Session

WAIT_S, WAIT_MORE_S = 0.6, 2.4
FORGOTTEN_SHARE = 0.35


def run(session: Session, arrival: Arrival) -> None:
    """Authorise, wait, look, and ask for the capture whatever was seen; some never do."""
    authorization = session.create(capture="manual")
    if not authorization.ok or authorization.payment_id is None:
        return
    session.around.sleep(WAIT_S + WAIT_MORE_S * arrival.draw("wait"))
    session.get(authorization.payment_id)
    if arrival.draw("forgotten") < FORGOTTEN_SHARE:
        return
    capture = session.draft_change("capture", authorization.payment_id, arrival.amount_minor)
    capture.expect = "any"
    session.perform(capture)
