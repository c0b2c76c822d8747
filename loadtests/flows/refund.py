"""A sale that is given back, whole or in part, and looked at elsewhere."""

from loadtests.plan import Arrival
from loadtests.session import Session

WHOLE_SHARE = 0.4


def run(session: Session, arrival: Arrival) -> None:
    """Sell, refund the whole amount or a part of it, then read the payment at another replica."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    amount_minor = arrival.amount_minor
    if arrival.draw("whole") >= WHOLE_SHARE:
        amount_minor = session.part(0.1 + 0.8 * arrival.draw("part"))
    refund = session.refund(sale.payment_id, amount_minor)
    if refund.ok:
        session.get(sale.payment_id, replica=(arrival.replica + 1) % len(session.job.api_urls))
