"""A creation that is sent again after its payment was refunded: the reply must be the first one, byte for byte."""

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Sell, refund a part, then send the creation again under its key to another replica."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    refund = session.refund(sale.payment_id, session.part(1 / 3))
    if not refund.ok:
        return
    replay = session.draft_create()
    replay.key, replay.replica = sale.operation.key, (arrival.replica + 1) % len(session.job.api_urls)
    session.perform(replay)
