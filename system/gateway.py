"""The words in which the payment core asks a gateway, and in which a gateway's answer is told.

The core decides what an answer means for the payment, for the next attempt and for the breaker.
"""

from dataclasses import dataclass
from enum import StrEnum

from system.states import DisputeState


class Knowledge(StrEnum):
    """What is known about the effect of one call after its answer (or the lack of one)."""

    DEFINITE_YES = "definite_yes"
    DEFINITE_NO = "definite_no"
    UNKNOWN = "unknown"


class Advice(StrEnum):
    """What the classifier advises to do next."""

    NONE = "none"
    RETRY_SAME_KEY = "retry_same_key"
    QUERY = "query"
    FALLBACK_OK = "fallback_ok"
    ALARM = "alarm"


class Phase(StrEnum):
    """How far the call got on the wire. Only in the first two was certainly nothing written to the socket."""

    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect_timeout"
    SENT = "sent"
    """Written, and no answer within the timeout."""
    RESET = "reset"
    TRUNCATED = "truncated"
    ANSWERED = "answered"


AUTHENTICATION_REQUIRED = "authentication_required"
"""Code of a reply: the payer must confirm the payment; until then nothing is executed. Our word, not a gateway's."""

AUTHENTICATION_TIMEOUT = "authentication_timeout"
"""Code of a reply: the payer did not confirm in time, and the charge can not happen any more. Our word as well."""

KEY_USED = "key_used"
"""Code of a reply to ``Connector.cancel_key``: the call that the key was made for has reached the gateway."""


class Kind(StrEnum):
    """What one gateway call does. A reversal operation is carried out by a call of kind void or refund."""

    AUTHORIZE = "authorize"
    SALE = "sale"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


CHARGES = frozenset({Kind.AUTHORIZE, Kind.SALE})
"""The kinds that take new money: any gateway may carry them out."""


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """One call to a gateway. ``gateway_key`` is the idempotency key at the gateway: a re-send repeats it unchanged."""

    operation_id: str
    attempt_id: str
    payment_id: str
    merchant_id: str
    reference: str
    gateway_key: str
    kind: Kind
    amount_minor: int
    currency: str
    payment_method: str
    capture: bool
    """True for a sale: authorise and take the money at once."""
    gateway_ref: str | None
    """The charge to act upon; None for authorize and sale."""
    correlation_id: str


@dataclass(frozen=True, slots=True)
class GatewayReply:
    """One classified answer. ``failure`` feeds the breaker: timeout, connect, 5xx, malformed; never a decline."""

    knowledge: Knowledge
    advice: Advice
    phase: Phase
    http_status: int | None = None
    code: str = ""
    """Short machine-readable reason, for example ``card_declined`` or ``timeout``; '' when all is well."""
    gateway_ref: str | None = None
    """The reference which capture, void and refund need later (a charge), or the refund's own for refunds."""
    amount_minor: int | None = None
    currency: str | None = None
    executed_at_us: int | None = None
    lapsed: str = ""
    """With DEFINITE_YES of an authorization: the hold it made is gone by now, `expired` or `canceled`."""
    not_executed: bool = False
    """With DEFINITE_NO: proof that the gateway did nothing (as opposed to a decline, which is an answer)."""
    failure: bool = False


class LookupStatus(StrEnum):
    """What a lookup by our own ids found out."""

    FOUND = "found"
    MISS = "miss"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup's result. A miss is not absence: search indexes lag."""

    status: LookupStatus
    reply: GatewayReply | None = None
    """The state of what was found, told as the reply that was lost; with ERROR, why the lookup failed."""


class What(StrEnum):
    """What a gateway took back after its yes. The last two are of a hold: its time was over, or it was let go of."""

    REFUND_FAILED = "refund_failed"
    EXPIRED = "expired"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What the gateway took back of an earlier success."""

    what: What
    amount_minor: int
    currency: str
    object_ref: str = ""
    """The object it is about, as `GatewayReply.gateway_ref` names it: two objects at a gateway may have one attempt's
    ids, and only one stands."""


@dataclass(frozen=True, slots=True)
class DisputeTold:
    """All that a gateway says of one dispute: where it stands, and what it has moved up to then.

    Whoever tells of it tells all of it, so that hearing it late, twice or in the wrong order does no harm.
    """

    reference: str
    """The gateway's own id of it."""
    state: DisputeState
    amount_minor: int
    currency: str
    charge_ref: str
    """The charge, as `GatewayReply.gateway_ref` names it."""
    withdrawn_minor: int = 0
    fee_minor: int = 0
    reinstated_minor: int = 0
    reason: str = ""
    attempt_id: str = ""
    """Our attempt that took the money, '' where the gateway does not carry it."""
    opened_at_us: int = 0


@dataclass(frozen=True, slots=True)
class Disputes:
    """A gateway's disputes of one charge. With `trouble` nothing is known: why they could not be read."""

    told: tuple[DisputeTold, ...] = ()
    trouble: GatewayReply | None = None


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One event. `reply` is the attempt's outcome as a reply would have told it; None when it tells of none.

    `taken_back`: that outcome, or an earlier one, is a success which does not stand any more.
    """

    event_id: str
    type: str
    attempt_id: str = ""
    reply: GatewayReply | None = None
    taken_back: TakenBack | None = None
    dispute: DisputeTold | None = None

    @property
    def idle(self) -> bool:
        """Whether it tells nothing that could change anything."""
        return self.reply is None and self.taken_back is None and self.dispute is None
