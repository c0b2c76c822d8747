"""A gateway's transaction feed in the words of the payment core: what it says happened, some time after it did."""

from dataclasses import dataclass
from enum import StrEnum

from system.gateway import DisputeTold, GatewayReply


class Happened(StrEnum):
    """What one line of a feed tells of. A sale is one line of kind capture."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    """The payer disputes it; the line has all that is known of that."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One line. `attempt_id` and `operation_id` are ours, from the gateway's metadata; '' where it carries none."""

    line_id: str
    happened: Happened
    attempt_id: str
    operation_id: str
    gateway_ref: str
    """The charge (or the refund itself), as `GatewayReply.gateway_ref` names it."""
    amount_minor: int
    currency: str
    at_us: int
    dispute: DisputeTold | None = None
    """With `DISPUTE`: all that the gateway says of it."""


def line_of(told: DisputeTold) -> FeedLine:
    """Return the line that tells of a dispute as it stands now: each of its states is a line of its own."""
    return FeedLine(
        line_id=f"{told.reference}:{told.state}",
        happened=Happened.DISPUTE,
        attempt_id=told.attempt_id,
        operation_id="",
        gateway_ref=told.charge_ref,
        amount_minor=told.amount_minor,
        currency=told.currency,
        at_us=told.opened_at_us,
        dispute=told,
    )


@dataclass(frozen=True, slots=True)
class Feed:
    """A whole reading. With `trouble` it is not whole, and proves nothing: why it could not be read to its end."""

    lines: tuple[FeedLine, ...] = ()
    trouble: GatewayReply | None = None
