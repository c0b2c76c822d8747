"""Reading typed values out of form fields, refusing nonsense in stripe's words."""

from system.gateways.common.money import Rule, to_decimal
from system.gateways.common.rows import Row
from system.gateways.stripe.currencies import CURRENCIES
from system.gateways.stripe.errors import invalid, required, untaken


def text(fields: Row, name: str, default: str = "") -> str:
    """Return a plain value. Raises StripeError where an object was given."""
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {name}", param=name)
    return value


def needed(fields: Row, name: str) -> str:
    """Return a plain value that must be there. Raises StripeError."""
    value = text(fields, name)
    if not value:
        raise required(name)
    return value


INTEGER_MAX = 10**15


def integer(fields: Row, name: str, *, minimum: int = 1, maximum: int = INTEGER_MAX) -> int | None:
    """Return an integer, None where it is absent. Raises StripeError."""
    given = text(fields, name)
    if not given:
        return None
    if not given.isascii() or not given.removeprefix("-").isdigit() or len(given) > 18:
        raise invalid(f"Invalid integer: {given[:40]}", code="parameter_invalid_integer", param=name)
    value = int(given)
    if value < minimum:
        code = "amount_too_small" if name.startswith("amount") else "parameter_invalid_integer"
        raise invalid(f"Invalid {name}: must be greater than or equal to {minimum}", code=code, param=name)
    if value > maximum:
        code = "amount_too_large" if name.startswith("amount") else "parameter_invalid_integer"
        raise invalid(f"Invalid {name}: must be no more than {maximum}", code=code, param=name)
    return value


def boolean(fields: Row, name: str) -> bool:
    """Return a boolean, False where it is absent. Raises StripeError."""
    given = text(fields, name, "false").lower()
    if given not in ("true", "false"):
        raise invalid(f"Invalid boolean: {given[:40]}", param=name)
    return given == "true"


def currency(fields: Row) -> str:
    """Return the lower-case currency. Raises StripeError."""
    given = needed(fields, "currency").lower()
    if CURRENCIES.rule(given) is None:
        raise untaken(f"Invalid currency: {given[:10]}.", param="currency")
    return given


def charge_amount(fields: Row, currency: str) -> int:
    """Return the amount of a charge, which must be one that the currency's rule allows. Raises StripeError."""
    amount = integer(fields, "amount")
    if amount is None:
        raise required("amount")
    rule = _rule(currency)
    if amount < rule.least:
        least = to_decimal(rule.least, rule.decimals)
        raise untaken(f"Amount must be at least {least} {currency}", code="amount_too_small", param="amount")
    if amount > rule.most:
        most = to_decimal(rule.most, rule.decimals)
        raise untaken(f"Amount must be no more than {most} {currency}", code="amount_too_large", param="amount")
    return fitting(amount, currency, "amount")


def part_amount(fields: Row, name: str, currency: str) -> int | None:
    """Return the amount of a capture or refund, None where it is absent. Raises StripeError."""
    amount = integer(fields, name)
    return None if amount is None else fitting(amount, currency, name)


def fitting(amount: int, currency: str, name: str) -> int:
    """Return the amount if the currency's smallest charged unit divides it. Raises StripeError."""
    step = _rule(currency).step
    if amount % step:
        raise untaken(f"Invalid amount: amounts in {currency} must be evenly divisible by {step}", param=name)
    return amount


def _rule(currency: str) -> Rule:
    rule = CURRENCIES.rule(currency)
    assert rule is not None, "the currency was read by `currency`"
    return rule


def metadata(fields: Row) -> dict[str, str]:
    """Return the metadata given. Raises StripeError."""
    given = fields.get("metadata", {})
    if given == "":
        return {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise invalid("Metadata must be a hash of strings", param="metadata")
    if len(given) > 50 or any(len(name) > 40 or len(value) > 500 for name, value in given.items()):
        raise invalid("Metadata holds at most 50 keys of 40 characters with values of 500", param="metadata")
    return given


def merged(old: dict[str, str], fields: Row) -> dict[str, str]:
    """Return metadata after an update; empty values remove keys. Raises StripeError."""
    if "metadata" not in fields:
        return old
    return {name: value for name, value in {**old, **metadata(fields)}.items() if value != ""}
