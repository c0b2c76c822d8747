"""Reading typed values out of paypal's JSON, refusing nonsense in paypal's words."""

from dataclasses import dataclass
from datetime import UTC, datetime

from system.gateways.common.money import Rule, from_decimal, to_decimal
from system.gateways.common.rows import Row
from system.gateways.paypal.currencies import CURRENCIES
from system.gateways.paypal.errors import invalid, unprocessable, untaken
from system.json_body import Json


@dataclass(frozen=True, slots=True)
class Money:
    """Paypal's units of an upper-case currency that it takes: its smallest decimal place."""

    amount_minor: int
    currency: str

    def as_json(self) -> Row:
        """Write it as paypal does."""
        return {"currency_code": self.currency, "value": to_decimal(self.amount_minor, _rule(self.currency).decimals)}


def text(fields: Row, name: str, *, longest: int = 255) -> str:
    """Return an optional text, '' without it. Raises PayPalError."""
    value = fields.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise invalid(f"/{name}", "INVALID_STRING_LENGTH" if isinstance(value, str) else "INVALID_PARAMETER_SYNTAX")
    return value


def nested(fields: Row, name: str) -> Row:
    """Return an optional object, empty without it. Raises PayPalError."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f"/{name}")
    return value


def money(given: Json, field: str) -> Money:
    """Return an amount. Raises PayPalError."""
    if not isinstance(given, dict):
        raise invalid(field, "MISSING_REQUIRED_PARAMETER")
    currency, value = given.get("currency_code"), given.get("value")
    rule = CURRENCIES.rule(currency) if isinstance(currency, str) else None
    if not isinstance(currency, str) or rule is None:
        raise untaken("CURRENCY_NOT_SUPPORTED")
    if not isinstance(value, str):
        raise invalid(f"{field}/value")
    return Money(_amount(value, rule), currency.upper())


def _amount(value: str, rule: Rule) -> int:
    """Read an amount as the currency's rule has it. Raises PayPalError."""
    if rule.decimals == 0 and "." in value:
        raise untaken("DECIMALS_NOT_SUPPORTED", "Currency does not support decimals.")
    try:
        amount = from_decimal(value, rule.decimals)
    except ValueError as error:
        raise untaken("DECIMAL_PRECISION", str(error)) from error
    if amount <= 0:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
    if amount > rule.most:
        most = to_decimal(rule.most, rule.decimals)
        raise untaken("MAX_VALUE_EXCEEDED", f"Should be less than or equal to {most}.")
    return amount


def _rule(currency: str) -> Rule:
    rule = CURRENCIES.rule(currency)
    assert rule is not None, "only what `money` let in is written"
    return rule


def iso(at_us: int) -> str:
    """Write a time as paypal does."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(fields: Row, name: str) -> int | None:
    """Return a time in microseconds, None where it is absent. Raises PayPalError."""
    given = text(fields, name)
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise invalid(f"/{name}", "INVALID_PARAMETER_SYNTAX", str(error)) from error
    if at.tzinfo is None:
        raise invalid(f"/{name}", "INVALID_PARAMETER_SYNTAX", "needs an offset, such as Z")
    return int(at.timestamp()) * 1_000_000
