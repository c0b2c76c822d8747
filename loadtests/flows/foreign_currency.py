"""Sales in other currencies than the shop's own, and at the limits of what gateways take."""

from msgspec.structs import replace

from loadtests.currencies import fitting
from loadtests.plan import Arrival
from loadtests.session import Session

SALES = (
    ("ISK", 0, 500),
    ("IDR", 2, 4_294_969_295),
    ("UGX", 0, 3_700),
    ("USD", 2, 20),
    ("MGA", 2, 50_000),
    ("HUF", 2, 21_250),
    ("KWD", 3, 5_120),
    ("IDR", 2, 999_999_999_999),
    ("HUF", 2, 1_200),
    ("TWD", 2, 1_055),
    ("USD", 2, 100_000_000),
    ("TND", 3, 9_990),
)
"""Currency, decimals in ISO 4217 and minor units. Each is taken by at least one gateway, and most by only one.

USD 0.20 and HUF 12 are less than stripe's least charge, USD 1,000,000.00 is more than its greatest; paypal takes all
three. IDR 42,949,692.95 is 19.99 more than 32 bits hold.
"""
AT_ONCE = 6


def run(session: Session, arrival: Arrival) -> None:
    """Make every second sale of the list, all at once, and give half of the last one back."""
    shop, start = session.merchant, arrival.choose("sale", len(SALES))
    sales = []
    for step in range(AT_ONCE):
        currency, exponent, amount_minor = SALES[(start + 2 * step) % len(SALES)]
        abroad = replace(shop, currency=currency, exponent=exponent)
        sale = session.draft_create(amount_minor=amount_minor, merchant=abroad, reference=f"{session.name}-{step}")
        sale.expect = "any"
        sales.append(sale)
    last = session.together(sales)[-1]
    if last.ok and last.payment_id is not None:
        session.merchant = sales[-1].merchant
        half = fitting((sales[-1].amount_minor or 0) // 2, session.merchant.currency)
        refund = session.draft_change("refund", last.payment_id, half)
        refund.expect = "any"
        session.perform(refund)
        session.merchant = shop
