"""Minor units of ISO 4217, for judging: list one as published on 2026-01-01 (six-group.com, the standard's agency).

It belongs to the harness. The system under test has a table of its own, and may be wrong in it.
"""

from collections.abc import Mapping

_NOT_TWO = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Mapping[str, int] = {code: digits for digits, codes in _NOT_TWO.items() for code in codes.split()}
"""The decimals of the currencies that do not have two."""


def exponent_of(currency: str) -> int:
    """Return the number of decimals of a currency by its upper-case code."""
    return EXPONENTS.get(currency, 2)


def in_minor(amount: int, decimals: int, currency: str) -> int:
    """Return an amount of 10**-decimals units in minor units of ISO 4217. Raises ValueError where it is not exact."""
    scaled, rest = divmod(amount * int(10 ** exponent_of(currency)), int(10**decimals))
    if rest:
        raise ValueError(f"{amount} units with {decimals} decimals are no whole minor units of {currency}")
    return scaled
