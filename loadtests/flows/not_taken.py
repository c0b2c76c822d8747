"""Amounts and currencies that no gateway takes: refused before anything is sent anywhere."""

from msgspec.structs import replace

from loadtests.plan import Arrival
from loadtests.session import Session

SALES = (
    ("KWD", 3, 1_005),
    ("MGA", 2, 1_050),
    ("HUF", 2, 1_250),
    ("USD", 2, 1_000_000_000),
    ("IQD", 3, 100_000),
    ("IDR", 2, 1_000_000_000_000),
    ("JPY", 0, 100_000_000),
)
"""Currency, decimals in ISO 4217 and minor units. KWD 1.005 does not end in 0 at stripe, and paypal has no KWD ..."""
BOOKED_KWD_MINOR, ODD_KWD_MINOR = 5_120, 1_005


def run(session: Session, arrival: Arrival) -> None:
    """Ask for two such sales; then sell for KWD 5.120, and ask for KWD 1.005 of it back."""
    shop, first = session.merchant, arrival.choose("sale", len(SALES))
    for step in (0, 3):
        currency, exponent, amount_minor = SALES[(first + step) % len(SALES)]
        abroad = replace(shop, currency=currency, exponent=exponent)
        sale = session.draft_create(amount_minor=amount_minor, merchant=abroad, reference=f"{session.name}-no-{step}")
        session.refused(sale)
    session.merchant = replace(shop, currency="KWD", exponent=3)
    sale = session.draft_create(amount_minor=BOOKED_KWD_MINOR, reference=f"{session.name}-kwd")
    sale.expect = "any"
    settled = session.perform(sale)
    if settled.ok and settled.payment_id is not None:
        session.refused(session.draft_change("refund", settled.payment_id, ODD_KWD_MINOR))
    session.merchant = shop
