"""Decimal amounts go through a float: `int(19.99 * 100)` is 1998.

How it happens: the amount arrives as a decimal string, and `float` is the first conversion that comes to mind. Some
573 of the first 10 000 amounts come out one minor unit short. I14 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B34",
    title="money as a float",
    caught_by=("I14",),
    shown_by=("calm",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose amounts lose a unit now and then."""

    def parse_amount(text: str, exponent: int) -> int:
        exact = seams.parse_amount(text, exponent)
        careless = int(float(text) * 10**exponent)
        if careless != exact:
            reached()
        return careless

    return replace(seams, parse_amount=parse_amount)
