"""Words that operators put in each other's place: states, kinds of operations, and what names belong to one kind."""

import re

SWAPPED = {
    "prepared": "dispatched",
    "dispatched": "prepared",
    "succeeded": "declined",
    "declined": "not_executed",
    "not_executed": "declined",
    "unknown": "not_executed",
    "requires_action": "unknown",
    "manual": "unknown",
    "open": "unknown",
    "processing": "authorized",
    "authorized": "captured",
    "captured": "authorized",
    "partially_captured": "captured",
    "refunded": "partially_refunded",
    "partially_refunded": "refunded",
    "failed": "canceled",
    "canceled": "failed",
    "expired": "canceled",
    "sale": "authorize",
    "authorize": "sale",
    "capture": "sale",
    "refund": "void",
    "void": "refund",
    "recorded": "already",
    "already": "stale",
    "stale": "already",
    "late_success": "stale",
    "claimed": "replay",
    "replay": "in_flight",
    "in_flight": "completed",
    "completed": "in_flight",
    "mismatch": "in_flight",
    "takeover": "in_flight",
    "pending": "delivered",
    "delivered": "pending",
    "dead": "pending",
}
"""A state, kind or outcome, and the one that it is taken for."""

_STATES = {
    "PaymentStatus": {
        *("CREATED", "PROCESSING", "AUTHORIZED", "PARTIALLY_CAPTURED", "CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED"),
        *("FAILED", "CANCELED", "EXPIRED"),
    },
    "OperationKind": {"AUTHORIZE", "SALE", "CAPTURE", "VOID", "REFUND"},
    "OperationState": {"OPEN", "SUCCEEDED", "DECLINED", "FAILED", "UNKNOWN", "MANUAL"},
    "AttemptState": {"PREPARED", "DISPATCHED", "UNKNOWN", "MANUAL", "SUCCEEDED", "DECLINED", "NOT_EXECUTED"},
    "Outcome": {"RECORDED", "ALREADY", "LATE_SUCCESS", "STALE"},
}
"""Enumerations of the platform whose members are such words."""

MEMBERS = {
    ("Knowledge", "DEFINITE_YES"): "UNKNOWN",
    ("Knowledge", "DEFINITE_NO"): "UNKNOWN",
    ("Knowledge", "UNKNOWN"): "DEFINITE_NO",
    ("Kind", "SALE"): "AUTHORIZE",
    ("Kind", "AUTHORIZE"): "SALE",
    ("Kind", "CAPTURE"): "SALE",
    ("Kind", "REFUND"): "VOID",
    ("Kind", "VOID"): "REFUND",
    **{
        (enumeration, name): SWAPPED[name.lower()].upper()
        for enumeration, names in _STATES.items()
        for name in names
        if SWAPPED.get(name.lower(), "").upper() in names
    },
}
"""The same for members of enumerations."""

AMOUNTS = {
    "amount_minor": "captured_minor",
    "authorized_minor": "captured_minor",
    "captured_minor": "authorized_minor",
    "refunded_minor": "captured_minor",
}
"""One amount of a payment read in the place of another."""

_KINDS = (
    ("id", re.compile(r"(^|_)(id|key|ref|reference|owner|scope)$")),
    ("amount", re.compile(r"(^|_)(minor|amount)$")),
    ("time", re.compile(r"(^|_)(us|s|now|until|after|expires)$")),
)


def kind_of(name: str) -> str:
    """Return which kind of value a name stands for: `id`, `amount`, `time`; empty for others."""
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), "")
