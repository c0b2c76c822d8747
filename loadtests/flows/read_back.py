"""A payment that is read right after it was made, everywhere."""

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Sell, then read the payment from the other replicas first and from the one that made it last."""
    sale = session.create()
    if not sale.ok or sale.payment_id is None:
        return
    replicas = len(session.job.api_urls)
    for step in range(1, replicas + 1):
        session.get(sale.payment_id, replica=(arrival.replica + step) % replicas)
