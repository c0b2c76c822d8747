"""A sale: the money is taken at once. A few of every run are of a size at the limits of what gateways take."""

from msgspec.structs import replace

from loadtests.plan import Arrival
from loadtests.session import Session


def run(session: Session, arrival: Arrival) -> None:
    """Create a payment with automatic capture."""
    if arrival.size is None:
        session.create()
        return
    _, currency, exponent, amount_minor = arrival.size
    abroad = replace(session.merchant, currency=currency, exponent=exponent)
    sale = session.draft_create(amount_minor=amount_minor, merchant=abroad)
    sale.expect = "any"  # most sizes are taken by one gateway alone, which may be away
    session.perform(sale)
