"""The statuses of a payment and the allowed edges between them, published as data."""

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
    ("captured", "partially_refunded"),
    ("captured", "refunded"),
    ("partially_refunded", "partially_refunded"),
    ("partially_refunded", "refunded"),
)
"""A self-edge is a change of the amounts alone: it counts a version like any other."""

TERMINAL = ("refunded", "failed", "canceled", "expired")


def published() -> dict[str, object]:
    """The body of ``GET /v1/payment-states``."""
    return {"initial": INITIAL, "edges": [list(edge) for edge in EDGES], "terminal": list(TERMINAL)}
