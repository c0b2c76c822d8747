"""Amounts as a gateway writes them. Integers of its own smallest units inside; decimal strings at the edge; no floats.

What those units are is each gateway's own rule (``stripe/currencies.py``, ``paypal/currencies.py``), written down from
its published page and from nothing that the platform believes.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from system.gateways.common.rows import Row

_DECIMAL = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a gateway takes one currency. ``step``, ``least`` and ``most`` are in its units of 10**-decimals."""

    decimals: int
    """Decimal places of an amount in its api: 100 units are one where there are two."""
    step: int
    """Amounts are multiples of it."""
    least: int
    """The least amount of a charge (refunds and captures may be smaller)."""
    most: int


@dataclass(frozen=True, slots=True)
class Currencies:
    """A gateway's published rules by upper-case ISO 4217 code, and where they are published."""

    source: str
    read_on: str
    """The day on which the page was read, ISO 8601."""
    rules: Mapping[str, Rule]

    def rule(self, currency: str) -> Rule | None:
        """Return the currency's rule, None for one that is not taken."""
        return self.rules.get(currency.upper())

    def published(self) -> Row:
        """Return the rules as the admin listener tells them."""
        rules = {code: asdict(rule) for code, rule in sorted(self.rules.items())}
        return {"source": self.source, "read_on": self.read_on, "currencies": rules}


def to_decimal(amount: int, decimals: int) -> str:
    """Write units as a decimal string: 1999 with two decimals is ``19.99``, 500 with none ``500``."""
    if decimals == 0:
        return str(amount)
    whole, part = divmod(amount, 10**decimals)
    return f"{whole}.{part:0{decimals}d}"


def from_decimal(text: str, decimals: int) -> int:
    """Read a decimal string into units. Raises ValueError for anything but at most so many decimals."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an amount")
    whole, part = found.group(1), found.group(2) or ""
    if len(part) > decimals:
        raise ValueError(f"{text!r} has more than {decimals} decimal places")
    return int(whole + part.ljust(decimals, "0"))
