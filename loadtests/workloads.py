"""The workloads that scenarios ask for by name: which flows, in which proportion, how fast, for how long.

Weights are relative. Race flows send many requests for one arrival, so small weights make much traffic.
"""

from collections.abc import Mapping

from harness.core.load import Load

SHOPKEEPERS_DAY: Mapping[str, float] = {
    "sale": 48,
    "authorize_capture": 12,
    "authorize_void": 3,
    "decline": 4,
    "insufficient_funds": 2,
    "refund": 10,
    "refund_race": 1.2,
    "same_key_race": 1.2,
    "key_reuse": 3,
    "cross_tenant_key": 2.5,
    "replay_after_refund": 3,
    "read_back": 5,
    "list": 3,
    "malformed": 2.5,
    "foreign_currency": 1.5,
    "not_taken": 1.5,
    "same_reference": 1.2,
    "refund_again": 1,
    "capture_too_much": 0.8,
    "capture_race": 0.8,
    "refund_too_much": 0.8,
    "declined_by_one": 0.8,
    "repeated_reference": 0.8,
}


def steady_checkout(payments_per_second: float, lasting: float, *, minimum_ok: int = 100) -> Load:
    """Return a shopkeeper's day in small: sales, captures, refunds, declines, races, retries and reads.

    `payments_per_second` counts arrivals; `lasting` is in seconds.
    """
    return Load(payments_per_second, lasting, SHOPKEEPERS_DAY, minimum_ok=minimum_ok)


def late_visitors(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load in which half of all arrivals send their request again long after it was answered."""
    mix = {
        "late_replay": 50,
        "sale": 20,
        "refund": 10,
        "authorize_capture": 8,
        "same_key_race": 6,
        "key_reuse": 6,
        "cross_tenant_key": 6,
    }
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def impatient_checkout(payments_per_second: float, lasting: float) -> Load:
    """Return a shopkeeper's day in which many clients hang up at once and ask again under the same key."""
    mix = {**SHOPKEEPERS_DAY, "hang_up": 40, "read_back": 10}
    return Load(payments_per_second, lasting, mix, minimum_ok=100)


def shop_and_look(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load in which as many look at what was paid as pay, among them races and refunds."""
    mix = {"sale": 30, "read_back": 25, "list": 20, "refund": 10, "same_key_race": 4, "authorize_capture": 6}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def key_stampede(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load in which a third of all arrivals send one payment many times at once under one key."""
    mix = {"same_key_race": 35, "key_reuse": 15, "cross_tenant_key": 15, "sale": 25, "replay_after_refund": 10}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def refund_rush(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of concurrent partial refunds that together exceed what was captured."""
    mix = {"refund_race": 40, "refund": 30, "sale": 20, "replay_after_refund": 10}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def refunds_in_turn(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of refunds that are asked for again where they were declined, and of races for what is left."""
    mix = {"refund_again": 45, "refund_race": 8, "refund": 15, "sale": 25, "replay_after_refund": 7}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=80)


def taken_back(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of refunds, holds and payments that their gateways may take back, and of what merchants do then."""
    mix = {"refund_fails": 30, "disputed": 12, "refund": 12, "sale": 30, "replay_after_refund": 6, "read_back": 10}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def disputed_while_refunded(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of payments that are disputed, many of them while they are refunded, and of plain ones."""
    mix = {"dispute_race": 30, "disputed": 10, "refund": 12, "sale": 34, "authorize_capture": 6, "read_back": 8}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def late_captures(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of authorisations that are captured late, some too late."""
    mix = {"hold_lapses": 45, "authorize_capture": 15, "authorize_void": 10, "sale": 25, "refund": 5}
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def odd_amounts(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of other currencies, amounts at and beyond limits, and keys used again with one field changed."""
    mix = {
        "foreign_currency": 25, "not_taken": 20, "key_reuse": 15, "sale": 15, "authorize_capture": 8, "refund": 8,
        "same_reference": 8, "repeated_reference": 6, "same_key_race": 2, "cross_tenant_key": 6,
        "replay_after_refund": 4, "malformed": 4,
    }  # fmt: skip
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def beyond_limits(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load of captures and refunds of more than there is, and of races for the end of an authorisation."""
    mix = {
        "capture_race": 34, "capture_too_much": 22, "refund_too_much": 20, "sale": 12, "authorize_capture": 8,
        "authorize_void": 4,
    }  # fmt: skip
    return Load(arrivals_per_second, lasting, mix, minimum_ok=100)


def cards_declined_by_one(arrivals_per_second: float, lasting: float) -> Load:
    """Return a shopkeeper's day in which many cards are declined by one gateway and good for the other."""
    return Load(arrivals_per_second, lasting, {**SHOPKEEPERS_DAY, "declined_by_one": 12}, minimum_ok=60)


def payers_asked(arrivals_per_second: float, lasting: float) -> Load:
    """Return a load in which many payments wait for their payers."""
    return Load(arrivals_per_second, lasting, {"payer_asked": 40, "sale": 40, "refund": 20}, minimum_ok=60)


def plain_checkout(payments_per_second: float, lasting: float) -> Load:
    """Return a load of payments alone, with races, reuse and declines: what any payment system can be asked for."""
    mix = {"sale": 70, "same_key_race": 6, "key_reuse": 8, "read_back": 8, "decline": 10}
    return Load(payments_per_second, lasting, mix, minimum_ok=50)
