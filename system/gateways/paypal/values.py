"""Reading typed values out of paypal's JSON, refusing nonsense in paypal's words."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from system.gateways.common.money import AMOUNT_MAX, exponent, from_decimal, to_decimal
from system.gateways.paypal.errors import invalid, unprocessable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units of an upper-case currency."""

    amount_minor: int
    currency: str

    def as_json(self) -> Json:
        """Write it as paypal does."""
        return {"currency_code": self.currency, "value": to_decimal(self.amount_minor, self.currency)}


def text(fields: Json, name: str, *, longest: int = 255) -> str:
    """Return an optional text, '' without it. Raises PayPalError."""
    value = fields.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise invalid(f"/{name}", "INVALID_STRING_LENGTH" if isinstance(value, str) else "INVALID_PARAMETER_SYNTAX")
    return value


def nested(fields: Json, name: str) -> Json:
    """Return an optional object, empty without it. Raises PayPalError."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f"/{name}")
    return value


def money(given: Any, field: str) -> Money:
    """Return an amount. Raises PayPalError."""
    if not isinstance(given, dict):
        raise invalid(field, "MISSING_REQUIRED_PARAMETER")
    currency, value = given.get("currency_code"), given.get("value")
    if not isinstance(currency, str) or exponent(currency) is None:
        raise unprocessable("CURRENCY_NOT_SUPPORTED")
    if not isinstance(value, str):
        raise invalid(f"{field}/value")
    try:
        amount = from_decimal(value, currency)
    except ValueError as error:
        raise unprocessable("DECIMAL_PRECISION", str(error)) from error
    if not 0 < amount <= AMOUNT_MAX:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE" if amount <= 0 else "MAX_VALUE_EXCEEDED")
    return Money(amount, currency.upper())


def iso(at_us: int) -> str:
    """Write a time as paypal does."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
