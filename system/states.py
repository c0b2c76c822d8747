"""The statuses of a payment and the allowed edges between them, published as data."""

from typing import Literal, get_args

Status = Literal[
    "created",
    "processing",
    "requires_action",
    "authorized",
    "partially_captured",
    "captured",
    "partially_refunded",
    "refunded",
    "failed",
    "canceled",
    "expired",
]
STATUSES: tuple[str, ...] = get_args(Status)

INITIAL = "created"

EDGES: tuple[tuple[str, str], ...] = (
    ("created", "processing"),
    ("processing", "requires_action"),
    ("processing", "authorized"),
    ("processing", "captured"),
    ("processing", "failed"),
    ("requires_action", "authorized"),
    ("requires_action", "captured"),
    ("requires_action", "failed"),
    ("requires_action", "canceled"),
    ("requires_action", "expired"),
    ("authorized", "captured"),
    ("authorized", "partially_captured"),
    ("authorized", "canceled"),
    ("authorized", "expired"),
    ("partially_captured", "partially_refunded"),
    ("partially_captured", "refunded"),
    ("captured", "captured"),
    ("partially_captured", "partially_captured"),
    ("captured", "partially_refunded"),
    ("captured", "refunded"),
    ("partially_refunded", "partially_refunded"),
    ("partially_refunded", "refunded"),
    ("refunded", "captured"),
    ("refunded", "partially_captured"),
    ("refunded", "partially_refunded"),
    ("partially_refunded", "captured"),
    ("partially_refunded", "partially_captured"),
    ("refunded", "refunded"),
)
"""A self-edge is a change of the amounts alone (a further refund, a dispute): it counts a version like any other. The
edges away from refunds are taken when the gateway takes one back: the money never reached the shopper."""

TERMINAL = ("failed", "canceled", "expired")

VERSION = 2
"""Of this table. 1: without the edges away from refunds, and with `refunded` as an end."""


def published() -> dict[str, object]:
    """The body of ``GET /v1/payment-states``."""
    return {"version": VERSION, "initial": INITIAL, "edges": [list(edge) for edge in EDGES], "terminal": list(TERMINAL)}
