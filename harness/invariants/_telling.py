"""How counterexamples are told: amounts with their currency, times from the first arrival, lists that stay short."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from harness.core.currencies import exponent_of
from harness.core.evidence import Evidence
from harness.core.judgement import Violation
from harness.core.plain import Cell, Row

_Row = TypeVar("_Row", bound=Row)

CLOCKS_US = 250_000
"""Processes stamp with clocks of their own, some after they wrote: what one caused may carry a time before its own."""


def money(amount_minor: int | None, currency: str | None) -> str:
    """Return an amount as people write it: `19.99 EUR`, `500 JPY`, `1.250 KWD`."""
    if amount_minor is None:
        return f"no amount ({currency or 'no currency'})"
    digits = exponent_of(currency or "")
    sign, whole = ("-" if amount_minor < 0 else ""), str(abs(amount_minor)).rjust(digits + 1, "0")
    text = f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole
    return f"{sign}{text} {currency or '?'}"


def clock(evidence: Evidence, at_us: int | None) -> str:
    """Return a moment as seconds from the first arrival, `12.345 s`; `never` for None."""
    return "never" if at_us is None else f"{(at_us - evidence.t0_us) / 1e6:.3f} s"


def some(items: Iterable[str], limit: int = 4) -> str:
    """Join a few items, and say how many more there are."""
    listed = list(items)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more


def grouped(rows: Sequence[_Row], *keys: str) -> dict[tuple[Cell, ...], list[_Row]]:
    """Return rows by the values of `keys`, in the order in which they first appear."""
    found: dict[tuple[Cell, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[key] for key in keys)].append(row)
    return dict(found)


def violation(
    row: Row,
    what: str,
    *,
    amount_minor: int | None = None,
    size: int = 1,
    sum_of: object = "",
    seen_in: str = "",
    timed: bool = False,
) -> Violation:
    """Return a counterexample about a row that may have `subject`, `reference`, `amount_minor` and `currency`.

    `sum_of` and `seen_in` say where an invariant may tell of the same money twice; `timed` that it came too late only
    (see `Violation`).
    """
    amount = row.get("amount_minor") if amount_minor is None else amount_minor
    currency = row.get("currency")
    at_risk = {str(currency): int(amount)} if amount and currency else {}
    reference = str(row.get("reference") or "")
    subject = str(row.get("subject") or reference)
    return Violation(subject, what, at_risk, reference, size, str(sum_of or ""), seen_in, timed=timed)


def first_of_each(found: Iterable[Violation]) -> list[Violation]:
    """Return one violation for each subject and each of its sums: the first that was told, with the most money.

    A subject whose money is several sums (`Violation.sum_of`) is told once for each of them, so that none is lost. What
    is told again of the same sum is the same money, and of that the largest amount is at risk. What only came too late
    makes way for what must never happen: a starved machine excuses the one, and would excuse the other with it.
    """
    kept: dict[tuple[str, str], Violation] = {}
    for item in found:
        told = kept.setdefault((item.subject, item.sum_of), item)
        first, other = (item, told) if told.timed and not item.timed else (told, item)
        more = {name: amount for name, amount in other.money.items() if amount > first.money.get(name, 0)}
        kept[item.subject, item.sum_of] = replace(first, money={**first.money, **more}) if more else first
    return list(kept.values())
