"""The amounts that both gateways take in a currency, as a shopkeeper knows them: everyday amounts are such amounts.

From docs.stripe.com/currencies and developer.paypal.com/api/rest/reference/currency-codes, both read 2026-12-01.
"""

STEP_MINOR = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "HUF": 100, "TWD": 100, "MGA": 100}
"""Amounts are multiples of it, in minor units of ISO 4217; 1 for all others."""


def fitting(amount_minor: int, currency: str) -> int:
    """Return the greatest amount up to this one that gateways take, at least the smallest there is."""
    step = STEP_MINOR.get(currency, 1)
    return max(step, amount_minor - amount_minor % step)
