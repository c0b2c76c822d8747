"""A capture and a void of one authorisation at once, or two captures under two keys: one of them comes too late."""

from loadtests.plan import Arrival
from loadtests.session import Session

VOID_SHARE = 0.5


def run(session: Session, arrival: Arrival) -> None:
    """Authorise, then ask for two ends of it at the same moment at different replicas; look at what it came to."""
    authorization = session.create(capture="manual")
    if not authorization.ok or authorization.payment_id is None:
        return
    payment_id = authorization.payment_id
    racers = [session.draft_change("capture", payment_id, arrival.amount_minor)]
    if arrival.draw("void") < VOID_SHARE:
        racers.append(session.draft_change("void", payment_id))
    else:
        racers.append(session.draft_change("capture", payment_id, session.part(0.6)))
    racers = session.rivals(racers)
    # Which one is first on its way is drawn too: whoever is sent first mostly wins.
    session.together(racers if arrival.draw("first") < 0.5 else racers[::-1])
    session.get(payment_id)
