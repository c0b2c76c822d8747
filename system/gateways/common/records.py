"""The journal's lines, and with them the books' rows. A simulator's whole state is the fold of these."""

import msgspec

from system.gateways.common.rows import Row


class Charge(msgspec.Struct, tag="charge", tag_field="t", kw_only=True):
    """One sum of money that was asked for. ``charge_id`` is the gateway's id of the payment (or order)."""

    gateway: str
    charge_id: str
    operation_id: str = ""
    attempt_id: str = ""
    payment_id: str = ""
    merchant_id: str = ""
    reference: str = ""
    gateway_key: str = ""
    amount_minor: int
    currency: str
    status: str
    """authorized | captured | voided | expired | declined | requires_action | canceled (nothing was ever held)."""
    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    executed: bool = False
    """Money was authorised or taken."""
    created_at_us: int


class Movement(msgspec.Struct, tag="movement", tag_field="t", kw_only=True):
    """One thing that happened to money; never changed, never removed. A sale is one movement of kind capture."""

    gateway: str
    movement_id: str
    charge_id: str
    kind: str
    """authorize | capture | void | expire | refund | refund_failed | dispute | dispute_fee | dispute_reversal."""
    operation_id: str = ""
    attempt_id: str = ""
    payment_id: str = ""
    merchant_id: str = ""
    reference: str = ""
    gateway_key: str = ""
    amount_minor: int
    currency: str
    at_us: int
    dispute_id: str = ""
    """The dispute that it belongs to, '' for all but the last three kinds."""


class Dispute(msgspec.Struct, tag="dispute", tag_field="t", kw_only=True):
    """One dispute of one charge, as it stands now. The ids are those of the capture that is disputed."""

    gateway: str
    dispute_id: str
    charge_id: str
    operation_id: str = ""
    attempt_id: str = ""
    payment_id: str = ""
    merchant_id: str = ""
    reference: str = ""
    gateway_key: str = ""
    amount_minor: int
    currency: str
    state: str
    """inquiry | needs_response | under_review | won | lost | closed (an inquiry that came to nothing)."""
    status: str
    """The same in the gateway's own word."""
    created_at_us: int
    updated_at_us: int


class Call(msgspec.Struct, tag="call", tag_field="t", kw_only=True):
    """One request that reached a money or lookup endpoint."""

    gateway: str
    call_id: str
    method: str
    endpoint: str
    operation_id: str = ""
    attempt_id: str = ""
    payment_id: str = ""
    merchant_id: str = ""
    reference: str = ""
    gateway_key: str = ""
    correlation_id: str = ""
    arrived_at_us: int
    answered_at_us: int | None = None
    http_status: int | None = None
    result: str = "not_executed"
    fault: str = ""
    decline_code: str = ""
    """Why it was declined, in the gateway's own words; '' for everything else."""


class Answered(msgspec.Struct, tag="answered", tag_field="t"):
    """How a call that is already in the journal ended."""

    call_id: str
    answered_at_us: int | None
    http_status: int | None
    result: str
    fault: str


class Reply(msgspec.Struct, tag="reply", tag_field="t"):
    """What one idempotency key was answered. ``scope`` separates kinds of requests that may share keys."""

    scope: str
    key: str
    fingerprint: str
    status: int
    body: str
    request_id: str
    at_us: int


class Forget(msgspec.Struct, tag="forget", tag_field="t"):
    """An idempotency key whose retention ended."""

    scope: str
    key: str


class Put(msgspec.Struct, tag="put", tag_field="t"):
    """A gateway object's new value; None removes it."""

    table: str
    id: str
    value: Row | None


class Armed(msgspec.Struct, tag="armed", tag_field="t"):
    """A fault that was planted."""

    id: str
    kind: str
    share: float
    seed: int
    parameters: Row


class Disarmed(msgspec.Struct, tag="disarmed", tag_field="t"):
    """A fault that was removed."""

    id: str


class Hit(msgspec.Struct, tag="hit", tag_field="t"):
    """A fault that did something to real traffic. ``subject`` is the call or the event that it was done to."""

    id: str
    kind: str = ""
    subject: str = ""
    at_us: int = 0


class Notice(msgspec.Struct, tag="notice", tag_field="t"):
    """A webhook that is owed. ``lane`` keeps the events of one payment in order; ``key`` decides its faults."""

    event_id: str
    type: str
    lane: str
    key: str
    body: str


class Sending(msgspec.Struct, tag="sending", tag_field="t", kw_only=True):
    """One try to deliver one webhook, or (with `truth` dropped) that it will never be tried."""

    gateway: str
    delivery_id: str
    event_id: str
    type: str
    attempt_id: str = ""
    """Our attempt that it tells of."""
    status: str = ""
    """The status that it says the object has."""
    truth: str
    """genuine, dropped, or what is false about it: false_secret, unsigned, altered, stale, future."""
    fault: str = ""
    """The planted faults that shaped it, comma-separated."""
    owed_at_us: int
    sent_at_us: int | None = None
    answered_at_us: int | None = None
    http_status: int | None = None


class Heard(msgspec.Struct, tag="heard", tag_field="t"):
    """What a try to deliver was answered."""

    delivery_id: str
    answered_at_us: int
    http_status: int


class Settled(msgspec.Struct, tag="settled", tag_field="t"):
    """A webhook that is no longer owed: it arrived, was given up, or a fault swallowed it."""

    event_id: str


Record = (
    Charge
    | Movement
    | Dispute
    | Call
    | Answered
    | Reply
    | Forget
    | Put
    | Armed
    | Disarmed
    | Hit
    | Notice
    | Sending
    | Heard
    | Settled
)
