"""A gateway's transaction feed in the words of the payment core: what it says happened, some time after it did."""

from dataclasses import dataclass
from enum import StrEnum

from system.gateway import GatewayReply


class Happened(StrEnum):
    """What one line of a feed tells of. A sale is one line of kind capture."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    """The payer's bank took it back; its ids are those of the capture."""


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


@dataclass(frozen=True, slots=True)
class Feed:
    """A whole reading. With `trouble` it is not whole, and proves nothing: why it could not be read to its end."""

    lines: tuple[FeedLine, ...] = ()
    trouble: GatewayReply | None = None
