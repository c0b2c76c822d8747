"""Money: integer minor units and a currency. Decimal strings are read digit by digit; floats never touch it."""

import re

EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE"
        " CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD"
        " HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK"
        " MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD"
        " RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH"
        " USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
}
"""ISO 4217, list one as published on 2026-01-01."""
_EXPONENT_OF = {code: exponent for exponent, codes in EXPONENTS.items() for code in codes.split()}

CURRENCIES = tuple(sorted(_EXPONENT_OF))
"""Every code, in alphabetical order."""

AMOUNT_LIMIT_MINOR = 10**14
"""Larger amounts are refused: no real payment, and well inside 64 bits and the exact range of JSON numbers."""

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,6}))?", re.ASCII)


def exponent_of(currency: str) -> int:
    """The number of decimals of an ISO 4217 currency. Raises ValueError for an unknown code."""
    try:
        return _EXPONENT_OF[currency]
    except KeyError:
        raise ValueError("not a known ISO 4217 currency code") from None


def parse_amount(text: str, exponent: int) -> int:
    """A decimal string in minor units, exactly: ``("19.99", 2) -> 1999``, ``("5", 3) -> 5000``.

    Raises ValueError for anything that is not a plain decimal number or has more decimals than the currency.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError("not a plain decimal number")
    whole, decimals = match.group(1), match.group(2) or ""
    if len(decimals) > exponent:
        raise ValueError(f"more than {exponent} decimals")
    return int(whole + decimals.ljust(exponent, "0"))


def format_amount(amount_minor: int, exponent: int) -> str:
    """Minor units as a decimal string with exactly the currency's decimals: ``(5, 2) -> "0.05"``."""
    if exponent == 0:
        return str(amount_minor)
    digits = str(amount_minor).rjust(exponent + 1, "0")
    return f"{digits[:-exponent]}.{digits[-exponent:]}"
