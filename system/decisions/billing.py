"""What a subscription owes: which periods are billed, how a change of plan is prorated, when a decline is tried again.

Pure. docs/subscriptions.md publishes these rules; whoever audits the platform computes them again from there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a period: an invoice to be paid, one that is skipped because of a pause, or none."""

    BILLED = "billed"
    SKIPPED = "skipped"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Pause:
    """From when and until when (None: still) nothing is billed, in microseconds since the epoch."""

    from_us: int
    until_us: int | None


@dataclass(frozen=True, slots=True)
class Owed:
    """The amount of an invoice, and what is carried to the next one (a credit is negative), in minor units."""

    amount_minor: int
    carried_minor: int


def fate_of(starts_at_us: int, ends_at_us: int | None, pauses: Iterable[Pause]) -> Fate:
    """What becomes of the period that begins then, in a subscription that ends at ``ends_at_us`` (None: never)."""
    if ends_at_us is not None and starts_at_us >= ends_at_us:
        return Fate.NONE
    paused = any(p.from_us <= starts_at_us and (p.until_us is None or starts_at_us < p.until_us) for p in pauses)
    return Fate.SKIPPED if paused else Fate.BILLED


def owed(price_minor: int, pending_minor: int) -> Owed:
    """The price of a period and what is pending from changes of plan; a credit beyond the price is carried on."""
    total_minor = price_minor + pending_minor
    return Owed(max(0, total_minor), min(0, total_minor))


def proration_minor(from_minor: int, to_minor: int, starts_at_us: int, ends_at_us: int, at_us: int) -> int:
    """What a change of price at a moment of a paid period is worth: the difference for the rest of the period.

    Rounded once, halves away from zero. Negative where money is owed to the subscriber.
    """
    rest_us, whole_us = ends_at_us - at_us, ends_at_us - starts_at_us
    exact = (to_minor - from_minor) * rest_us
    rounded = (2 * abs(exact) + whole_us) // (2 * whole_us)
    return rounded if exact >= 0 else -rounded


def next_try_us(declines: int, first_declined_us: int, schedule_s: Sequence[float]) -> int | None:
    """When an invoice that was declined ``declines`` times is tried again; None: never, the schedule is over.

    The schedule counts seconds from the first decline: an outage that delays one retry does not delay those after it.
    """
    if declines > len(schedule_s):
        return None
    return first_declined_us + int(schedule_s[declines - 1] * 1_000_000)


def charge_key(subscription_id: str, period: int, number: int) -> str:
    """The idempotency key of a try to charge a period: the same from whichever biller it comes.

    ``number`` counts the tries that ended with a definite no. While one is undecided there is no next. No
    merchant's own key has a space in it.
    """
    return f"billing {subscription_id}/{period}/{number}"


def charge_reference(subscription_id: str, period: int) -> str:
    """The merchant's reference of a period's charge, the same for all of its tries."""
    return f"{subscription_id}/{period}"
