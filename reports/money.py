"""Money in words: integer minor units and a currency become `EUR 19.99`. Floats never touch it."""

from collections.abc import Mapping

_NOT_TWO = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {code: exponent for exponent, codes in _NOT_TWO.items() for code in codes.split()}


def exponent_of(currency: str) -> int:
    """Return how many decimals ISO 4217 gives a currency (2 where it is not listed)."""
    return _EXPONENTS.get(currency.upper(), 2)


def amount(minor: int, currency: str) -> str:
    """Return `EUR 1,234.50` for 123450 and EUR, `JPY 500` for 500 and JPY."""
    exponent = exponent_of(currency)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{currency.upper()} {sign}{whole:,}{decimals}".strip()


def amounts(money: Mapping[str, int]) -> str:
    """Return every currency's amount, never added together: `EUR 19.99 + JPY 500`; empty for no money."""
    return " + ".join(amount(minor, currency) for currency, minor in sorted(money.items()) if minor)
