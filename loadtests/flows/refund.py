"""A sale that is given back, whole or in part."""

from loadtests.plan import Arrival
from loadtests.session import Session

WHOLE_SHARE = 0.4


def run(session: Session, arrival: Arrival) -> None:
    """Sell, then refund the whole amount or a part of it."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    amount_minor = arrival.amount_minor
    if arrival.draw("whole") >= WHOLE_SHARE:
        amount_minor = max(1, int(amount_minor * (0.1 + 0.8 * arrival.draw("part"))))
    session.refund(sale.payment_id, amount_minor)
