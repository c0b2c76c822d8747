"""Reads what clients send. Whatever is wrong with it becomes one typed 4xx, and its values are never echoed."""

import re
from collections.abc import Callable, Mapping

from system import json_body
from system.core.failures import Refused
from system.json_body import JsonObject
from system.money import AMOUNT_LIMIT_MINOR, exponent_of

BODY_LIMIT_BYTES = 65_536

_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_ID = re.compile(r"[a-z]{2,4}_[0-9A-Za-z]{1,40}", re.ASCII)
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,63}", re.ASCII)
_CARD = re.compile(r"(?<![0-9A-Za-z])[3-6](?:[ -]?[0-9]){14,15}(?![0-9A-Za-z])", re.ASCII)


def invalid(code: str, message: str, param: str | None = None, status_code: int = 400) -> Refused:
    """The typed answer for a malformed request."""
    return Refused(status_code, "invalid_request_error", code, message, param=param)


def idempotency_key(headers: Mapping[str, str]) -> str:
    """The key of a money request, quoted or bare. Raises Refused (400) when missing or malformed."""
    value = headers.get("idempotency-key")
    if value is None or not value.strip():
        raise invalid("idempotency_key_missing", "Send an Idempotency-Key header.", "Idempotency-Key")
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if _KEY.fullmatch(value) is None:
        raise invalid("idempotency_key_invalid", "The key is 1-255 visible ASCII characters.", "Idempotency-Key")
    return value


def correlation_id(headers: Mapping[str, str]) -> str | None:
    """The client's correlation id when it is well formed."""
    value = headers.get("x-correlation-id", "")
    return value if _CORRELATION.fullmatch(value) else None


def identifier(value: str, what: str) -> str:
    """One of our ids. Raises Refused (404) for anything that cannot be one: there is no such thing then."""
    if _ID.fullmatch(value) is None:
        raise not_found(what)
    return value


def not_found(what: str) -> Refused:
    """There is no such payment or refund of this merchant."""
    return Refused(404, "invalid_request_error", f"{what}_not_found", f"No such {what}.", param="id")


def json_object(headers: Mapping[str, str], body: bytes, known: frozenset[str]) -> JsonObject:
    """The body as an object with only known members. Raises Refused (400, 413, 415)."""
    media, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise invalid("content_type_unsupported", "Send application/json in UTF-8.", "Content-Type", 415)
    if len(body) > BODY_LIMIT_BYTES:
        raise invalid("body_too_large", f"The body is larger than {BODY_LIMIT_BYTES} bytes.", status_code=413)
    try:
        value = json_body.decode(body)
    except json_body.InvalidJson as error:
        raise invalid("json_invalid", str(error)) from None
    if not isinstance(value, dict):
        raise invalid("json_invalid", "The body must be a JSON object.")
    if not value.keys() <= known:
        raise invalid("parameter_unknown", f"Unknown parameter. Known: {', '.join(sorted(known))}.")
    return value


def text(body: JsonObject, name: str, *, limit: int, required: bool = True) -> str | None:
    """A printable string of 1 to ``limit`` characters."""
    value = body.get(name)
    if value is None and not required:
        return None
    if value is None:
        raise invalid("parameter_missing", f"{name} is required.", name)
    if not isinstance(value, str):
        raise invalid("parameter_invalid", f"{name} must be a string.", name)
    if not 1 <= len(value) <= limit or not value.isprintable() or not value.strip():
        raise invalid("parameter_invalid", f"{name} must be 1 to {limit} printable characters.", name)
    if _holds_card_number(value):
        raise invalid("card_data_refused", f"{name} looks like it contains a card number.", name)
    return value


def _holds_card_number(value: str) -> bool:
    """Whether a run of 15 or 16 digits has a card number's first digit and check digit."""
    return any(_luhn(re.sub("[ -]", "", match.group())) for match in _CARD.finditer(value))


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def reference(body: JsonObject) -> str:
    """The merchant's own reference (required, at most 64 characters)."""
    value = text(body, "merchant_reference", limit=64)
    assert value is not None
    return value


def payment_method(body: JsonObject) -> str:
    """A payment method token; never a card number."""
    value = text(body, "payment_method", limit=64)
    assert value is not None
    if _METHOD.fullmatch(value) is None:
        raise invalid("payment_method_invalid", "payment_method must be a token.", "payment_method")
    return value


def currency(body: JsonObject) -> tuple[str, int]:
    """An upper-case ISO 4217 code and its number of decimals."""
    value = body.get("currency")
    if not isinstance(value, str):
        raise invalid(
            "parameter_missing" if value is None else "parameter_invalid", "currency is required.", "currency"
        )
    try:
        return value, exponent_of(value)
    except ValueError:
        raise invalid("currency_unknown", "currency must be an upper-case ISO 4217 code.", "currency") from None


def amount(body: JsonObject, exponent: int, parse: Callable[[str, int], int], *, required: bool = True) -> int | None:
    """``amount_minor`` (integer) or ``amount`` (decimal string): exactly one of them, in minor units."""
    if "amount_minor" in body and "amount" in body:
        raise invalid("amount_ambiguous", "Send amount_minor or amount, not both.", "amount")
    if "amount" in body:
        return _in_range(_decimal(body["amount"], exponent, parse), "amount")
    if "amount_minor" in body:
        value = body["amount_minor"]
        if type(value) is not int:
            raise invalid("amount_invalid", "amount_minor must be an integer.", "amount_minor")
        return _in_range(value, "amount_minor")
    if required:
        raise invalid("parameter_missing", "amount_minor or amount is required.", "amount_minor")
    return None


def _decimal(value: object, exponent: int, parse: Callable[[str, int], int]) -> int:
    if not isinstance(value, str):
        raise invalid("amount_invalid", 'amount must be a decimal string, for example "19.99".', "amount")
    try:
        return parse(value, exponent)
    except ValueError as error:
        raise invalid("amount_invalid", f"amount is {error}.", "amount") from None


def _in_range(value: int, name: str) -> int:
    if not 0 < value <= AMOUNT_LIMIT_MINOR:
        raise invalid("amount_out_of_range", f"{name} must be positive and at most {AMOUNT_LIMIT_MINOR}.", name)
    return value


def whole(body: JsonObject, name: str, least: int, most: int, *, default: int) -> int:
    """A whole number within bounds; ``default`` where it was not sent. Raises Refused (400)."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise invalid("parameter_invalid", f"{name} must be a whole number from {least} to {most}.", name)
    return value
