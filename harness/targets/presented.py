"""What gateways tell in their own units, in minor units of ISO 4217: by the rules that they publish, and no other."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from harness.core.currencies import exponent_of, in_minor
from harness.core.errors import ControlError

AMOUNTS = ("amount_minor", "authorized_minor", "captured_minor", "refunded_minor", "disputed_minor")

Row = Mapping[str, Any]


def in_minor_units(rows: Sequence[Row], published: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Return ledger rows with their amounts in minor units, and `gateway_amount` as the gateway has it.

    `published` is what each gateway says of its currencies, by its name. Raises `ControlError` for an amount that its
    own rules have no place for.
    """
    return [_converted(row, published[row["gateway"]]["currencies"]) for row in rows]


def _converted(row: Row, currencies: Mapping[str, Row]) -> dict[str, Any]:
    if row["currency"] not in currencies:
        raise ControlError(f"{row['gateway']} has booked {row['currency']}, which it says that it does not take")
    decimals = int(currencies[row["currency"]]["decimals"])
    try:
        minor = {name: in_minor(row[name], decimals, row["currency"]) for name in AMOUNTS if name in row}
    except ValueError as error:
        raise ControlError(f"{row['gateway']}: {error}") from error
    return {**row, **minor, "gateway_amount": row["amount_minor"]}


def rule_rows(published: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Return the rows of `gateway_currencies`: what each gateway takes, limits in minor units of ISO 4217."""
    return [
        _rule(gateway, told, code, rule)
        for gateway, told in published.items()
        for code, rule in sorted(told["currencies"].items())
    ]


def _rule(gateway: str, told: Row, code: str, rule: Row) -> dict[str, Any]:
    """What is no whole minor unit (a step of 1 with more decimals than ISO has) is rounded to the stricter side."""
    unit = Fraction(10 ** exponent_of(code), 10 ** int(rule["decimals"]))
    return {
        "gateway": gateway,
        "currency": code,
        "decimals": rule["decimals"],
        "exponent": exponent_of(code),
        "step_minor": max(1, int(rule["step"] * unit)),
        "least_minor": -int(-rule["least"] * unit // 1),
        "most_minor": int(rule["most"] * unit),
        "source": told["source"],
        "read_on": told["read_on"],
    }
