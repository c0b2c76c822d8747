"""The states of payments, operations and attempts, and the allowed edges between them, published as data.

``python -m system.states`` prints them (`system/states.json`). The functions of the migrations are tested against it.
"""

import json
import sys
from enum import StrEnum


class PaymentStatus(StrEnum):
    """What a payment is to its merchant."""

    CREATED = "created"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    PARTIALLY_CAPTURED = "partially_captured"
    CAPTURED = "captured"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class CaptureMode(StrEnum):
    """Whether a charge takes the money at once, or holds it."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class RefundStatus(StrEnum):
    """What a refund is to its merchant."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class OperationKind(StrEnum):
    """What an operation is for. A reversal undoes a late success, by a call of kind void or refund."""

    AUTHORIZE = "authorize"
    SALE = "sale"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    REVERSAL = "reversal"


class OperationState(StrEnum):
    """What became of all attempts of an operation together."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    FAILED = "failed"
    UNKNOWN = "unknown"
    MANUAL = "manual"
    REQUIRES_ACTION = "requires_action"


class AttemptState(StrEnum):
    """What is known about one attempt at one gateway."""

    PREPARED = "prepared"
    """Provably not sent yet."""
    DISPATCHED = "dispatched"
    """Stamped before its first byte: it may have been sent."""
    UNKNOWN = "unknown"
    REQUIRES_ACTION = "requires_action"
    """Its payer was asked; nothing is executed, and it may be at any time."""
    MANUAL = "manual"
    """The machine has given up finding out: people have it."""
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    NOT_EXECUTED = "not_executed"
    REVERSED = "reversed"
    """It was done, and then undone or taken back."""


class Evidence(StrEnum):
    """What proves the state of an attempt."""

    REQUEST = "request"
    """A request of ours: it was prepared, or stamped."""
    REPLY = "reply"
    """The gateway's answer to a first send, or to a re-send by the same process."""
    TRANSPORT = "transport"
    """How far such a send got, where no answer came."""
    RESEND = "resend"
    LOOKUP = "lookup"
    WEBHOOK = "webhook"
    FEED = "feed"
    OPERATOR = "operator"
    """An operator's word, proven by the gateway's."""
    CANCEL = "cancel"
    """The gateway's answer to being told that the call is not wanted any more."""
    UNDISPATCHED = "undispatched"
    """It was never stamped, and now never will be."""
    OWNER_GONE = "owner_gone"
    """It was stamped by a process that says nothing more about it."""
    RESOLVE_LIMIT = "resolve_limit"
    """The patience with an unknown is over."""


class Outcome(StrEnum):
    """What came of recording a state (``pay.record``)."""

    RECORDED = "recorded"
    ALREADY = "already"
    """It was in that state before."""
    LATE_SUCCESS = "late_success"
    """It was closed as a "no", and was done all the same: nothing is changed, it must be undone."""
    STALE = "stale"
    """Others decided otherwise, or took over: nothing is changed."""
    VERSION_CONFLICT = "version_conflict"
    """The stored reply was written for another version of the payment: nothing is changed."""
    MISSING = "missing"
    """There is no such attempt."""


class DisputeState(StrEnum):
    """Where a dispute stands, in the words of all gateways together."""

    INQUIRY = "inquiry"
    """The payer's bank (or the payer) asks; no money is taken."""
    NEEDS_RESPONSE = "needs_response"
    """The money is taken, and the merchant may answer with evidence."""
    UNDER_REVIEW = "under_review"
    WON = "won"
    """Decided for the merchant, who gets the money back."""
    LOST = "lost"
    CLOSED = "closed"
    """An inquiry that came to nothing."""


DISPUTE_EDGES: tuple[tuple[DisputeState, DisputeState], ...] = (
    *((DisputeState.INQUIRY, to) for to in DisputeState if to is not DisputeState.INQUIRY),
    (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW),
    *((state, end) for state in (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW)
      for end in (DisputeState.WON, DisputeState.LOST)),
)  # fmt: skip
"""A dispute only goes forward; steps that nobody heard of are left out. One may begin in any state: heard of late."""

DISPUTE_ENDS = (DisputeState.WON, DisputeState.LOST, DisputeState.CLOSED)

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


OPEN_ATTEMPTS = (
    AttemptState.PREPARED,
    AttemptState.DISPATCHED,
    AttemptState.UNKNOWN,
    AttemptState.REQUIRES_ACTION,
    AttemptState.MANUAL,
)
"""Attempts about which evidence is still taken. All but the last are the resolver's."""

NO = (AttemptState.DECLINED, AttemptState.NOT_EXECUTED)
"""Attempts that came to nothing: a success of one of them is a late one."""

TOLD = (
    AttemptState.SUCCEEDED,
    AttemptState.DECLINED,
    AttemptState.NOT_EXECUTED,
    AttemptState.UNKNOWN,
    AttemptState.REQUIRES_ACTION,
    AttemptState.MANUAL,
)
"""What may be recorded of an attempt."""

_LEARNS_NOTHING = {
    AttemptState.MANUAL: (AttemptState.UNKNOWN, AttemptState.MANUAL, AttemptState.REQUIRES_ACTION),
    AttemptState.REQUIRES_ACTION: (AttemptState.UNKNOWN, AttemptState.REQUIRES_ACTION),
}
"""What is known already, or more: an attempt does not go back to it."""


def outcome_of(state: AttemptState, told: AttemptState) -> Outcome:
    """Return what comes of recording `told` about an attempt in `state`, as evidence that proves it.

    Who sent a call has less to say than others once they took over, and "never sent" holds of what is still unsent:
    ``pay.record`` asks for that as well.
    """
    if state in OPEN_ATTEMPTS and told not in _LEARNS_NOTHING.get(state, ()):
        return Outcome.RECORDED
    if told is state:
        return Outcome.ALREADY
    return Outcome.LATE_SUCCESS if told is AttemptState.SUCCEEDED and state in NO else Outcome.STALE


ATTEMPT_EDGES: tuple[tuple[AttemptState, AttemptState], ...] = (
    (AttemptState.PREPARED, AttemptState.DISPATCHED),
    *((state, told) for state in OPEN_ATTEMPTS for told in TOLD if outcome_of(state, told) is Outcome.RECORDED),
    *((state, AttemptState.REVERSED) for state in (AttemptState.SUCCEEDED, *NO)),
)
"""A "no" is reversed when its late success was undone."""


def published() -> dict[str, int | str | list[list[str]] | list[str]]:
    """The body of ``GET /v1/payment-states``."""
    return {"version": VERSION, "initial": INITIAL, "edges": [list(edge) for edge in EDGES], "terminal": list(TERMINAL)}


def table() -> str:
    """Everything, as JSON: the edges of payments, and of attempts with what comes of recording each state."""
    outcomes = {state: {told: outcome_of(state, told) for told in TOLD} for state in AttemptState}
    attempts = {"initial": AttemptState.PREPARED, "edges": ATTEMPT_EDGES, "recorded": outcomes}
    disputes = {"edges": DISPUTE_EDGES, "terminal": DISPUTE_ENDS}
    return json.dumps({"payments": published(), "attempts": attempts, "disputes": disputes}, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
