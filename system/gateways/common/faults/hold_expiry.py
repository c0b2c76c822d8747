"""``hold_expiry``: an authorization lapses long before it is captured."""

from system.gateways.common.exchange import Exchange
from system.gateways.common.kind import Kind, Number, Word

NAME = "hold_expiry"
HOWS = {"expire": "expire", "cancel": "void"}
"""The ledger's word for each way to lapse."""


def lapses(exchange: Exchange) -> tuple[float, str] | None:
    """Return after how many milliseconds this hold lapses, and the ledger's word for how; None where it stands."""
    armed = exchange.fault(NAME)
    if armed is None:
        return None
    armed.hit(exchange)
    return float(armed.parameters["ms"]), HOWS[str(armed.parameters["how"])]


KIND = Kind(
    name=NAME,
    sentence="The hold is gone `ms` later: its validity ended (`expire`), or the gateway let go of it (`cancel`).",
    endpoints=frozenset({"create", "confirm"}),
    parameters={"ms": Number(500), "how": Word("expire", tuple(HOWS))},
)
