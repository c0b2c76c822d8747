"""What gateways tell in their own units, in minor units of ISO 4217: by the rules that they publish, and no other."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from harness.core.currencies import exponent_of, in_minor
from harness.core.errors import ControlError
from harness.core.plain import Row

AMOUNTS = ("amount_minor", "authorized_minor", "captured_minor", "refunded_minor", "disputed_minor")


class Rule(msgspec.Struct, frozen=True):
    """How a gateway takes a currency: `step`, `least` and `most` are in its own units of 10**-`decimals`."""

    decimals: int
    step: int
    least: int
    most: int


class Published(msgspec.Struct, frozen=True):
    """What a gateway says of its currencies, where it is published, and the day on which that was read."""

    currencies: Mapping[str, Rule]
    source: str
    read_on: str


def in_minor_units(rows: Sequence[Row], published: Mapping[str, Published]) -> list[Row]:
    """Return ledger rows with their amounts in minor units, and `gateway_amount` as the gateway has it.

    `published` is what each gateway says of its currencies, by its name. Raises `ControlError` for an amount that its
    own rules have no place for.
    """
    return [_converted(row, published[str(row["gateway"])].currencies) for row in rows]


def _converted(row: Row, currencies: Mapping[str, Rule]) -> Row:
    currency = str(row["currency"])
    if currency not in currencies:
        raise ControlError(f"{row['gateway']} has booked {currency}, which it says that it does not take")
    decimals = currencies[currency].decimals
    try:
        minor = {name: in_minor(int(str(row[name])), decimals, currency) for name in AMOUNTS if name in row}
    except ValueError as error:
        raise ControlError(f"{row['gateway']}: {error}") from error
    return {**row, **minor, "gateway_amount": row["amount_minor"]}


def rule_rows(published: Mapping[str, Published]) -> list[Row]:
    """Return the rows of `gateway_currencies`: what each gateway takes, limits in minor units of ISO 4217."""
    return [
        _rule(gateway, told, code, rule)
        for gateway, told in published.items()
        for code, rule in sorted(told.currencies.items())
    ]


def _rule(gateway: str, told: Published, code: str, rule: Rule) -> Row:
    """What is no whole minor unit (a step of 1 with more decimals than ISO has) is rounded to the stricter side."""
    unit = Fraction(10 ** exponent_of(code), 10**rule.decimals)
    return {
        "gateway": gateway,
        "currency": code,
        "decimals": rule.decimals,
        "exponent": exponent_of(code),
        "step_minor": max(1, int(rule.step * unit)),
        "least_minor": -int(-rule.least * unit // 1),
        "most_minor": int(rule.most * unit),
        "source": told.source,
        "read_on": told.read_on,
    }
