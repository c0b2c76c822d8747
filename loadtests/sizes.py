"""Amounts that every run sends a few of, whatever its load: least and greatest ones, odd ones, more than 31 bits hold.

The limits are those that the gateways publish (docs.stripe.com/currencies; developer.paypal.com, currency codes and the
issue MAX_VALUE_EXCEEDED; both read 2026-12-01). Most are taken by one gateway only, some by both.
"""

from collections.abc import Callable
from typing import NamedTuple


class Size(NamedTuple):
    """A sale of that much, in minor units of ISO 4217. `kind` is `least`, `greatest`, `wide` or `odd`."""

    kind: str
    currency: str
    exponent: int
    amount_minor: int


SIZES = (
    Size("least", "EUR", 2, 50),
    Size("wide", "IDR", 2, 2_147_483_648),
    Size("greatest", "JPY", 0, 99_999_999),
    Size("odd", "UGX", 0, 3_701),
    Size("least", "KWD", 3, 10),
    Size("wide", "IDR", 2, 999_999_999_999),
    Size("greatest", "USD", 2, 99_999_999),
    Size("odd", "HUF", 2, 17_500),
    Size("greatest", "EUR", 2, 999_999_999),
    Size("odd", "KWD", 3, 1_990),
)
"""Stripe's least EUR and KWD, one more than 31 bits hold, its greatest JPY, USD and IDR; paypal's greatest EUR.

UGX is whole, and stripe counts it in hundredths; HUF 175.00 is stripe's least, and paypal takes no hundredths of it.
"""
FIRST, STEP, PATIENCE = 6, 12, 60
"""Where in the plan the first is, how far apart they are meant to be, and how far on a plain sale is looked for."""


def forced(is_sale: Callable[[int], bool]) -> dict[int, Size]:
    """Return the sizes by the number of the arrival whose sale is of that size, for a plan with such sales.

    One arrival in twelve, or the next plain sale after it, until each size came once.
    """
    places: dict[int, Size] = {}
    for number, size in enumerate(SIZES):
        start = FIRST + number * STEP
        free = (k for k in range(start, start + PATIENCE) if k not in places and is_sale(k))
        if (place := next(free, None)) is not None:
            places[place] = size
    return places
