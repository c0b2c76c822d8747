"""Money in words: integer minor units and a currency become `EUR 19.99`. Floats never touch it."""

from collections.abc import Mapping

from harness.core.currencies import exponent_of


def amount(minor: int, currency: str) -> str:
    """Return `EUR 1,234.50` for 123450 and EUR, `JPY 500` for 500 and JPY."""
    exponent = exponent_of(currency.upper())
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{currency.upper()} {sign}{whole:,}{decimals}".strip()


def amounts(money: Mapping[str, int]) -> str:
    """Return every currency's amount, never added together: `EUR 19.99 + JPY 500`; empty for no money."""
    return " + ".join(amount(minor, currency) for currency, minor in sorted(money.items()) if minor)
