"""``disputes``: the payer disputes a charge some time after its capture; later the payer's bank decides."""

from dataclasses import dataclass

from system.gateways.common.exchange import Exchange
from system.gateways.common.kind import Kind, Number

NAME = "disputes"


@dataclass(frozen=True, slots=True)
class Course:
    """What will become of a disputed charge, as far as nobody's evidence changes it."""

    opens_ms: float
    inquiry: bool
    decided_ms: float
    won: bool
    escalates: bool


def course(exchange: Exchange, charge_id: str) -> Course | None:
    """Return what the planted fault has in store for this charge, None where it leaves it alone."""
    armed = exchange.fault(NAME)
    if armed is None:
        return None
    armed.hit(exchange)
    told, key = armed.parameters, exchange.key or charge_id
    return Course(
        opens_ms=float(told["ms"]),
        inquiry=armed.roll("inquiry", key) < told["inquiry_share"],
        decided_ms=float(told["decided_ms"]),
        won=armed.roll("won", key) < told["won_share"],
        escalates=armed.roll("escalates", key) < told["escalated_share"],
    )


_SHARE = {"minimum": 0.0, "maximum": 1.0}

KIND = Kind(
    name=NAME,
    sentence="The captured charge is disputed `ms` later (an inquiry, or at once a chargeback), and decided"
    " `decided_ms` after that (0: never), a share for the merchant; an inquiry is escalated or closed first.",
    endpoints=frozenset({"create", "confirm", "capture"}),
    parameters={
        "ms": Number(300),
        "decided_ms": Number(1000),
        "inquiry_share": Number(0.0, **_SHARE),
        "won_share": Number(0.5, **_SHARE),
        "escalated_share": Number(0.5, **_SHARE),
    },
)
