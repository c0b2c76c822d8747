"""T1: claim the idempotency key, reserve, insert the operation and its first attempt; one round trip."""

from dataclasses import dataclass
from enum import StrEnum

import psycopg

from system.gateway import CHARGES, Kind
from system.states import CaptureMode
from system.store.connection import Connection, Row, Value
from system.store.payments import Payment, columns_of, payment_of


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims which idempotency key for what. Times in microseconds since the epoch."""

    scope: str
    """The tenant within which the key is unique."""
    merchant_id: str
    livemode: bool
    key: str
    fingerprint: bytes
    owner: str
    """The fencing token: only its holder may complete the key."""
    now_us: int
    lease_until_us: int
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class Begin:
    """One accepted intent, with every id already chosen so that it can be found again after a lost COMMIT."""

    claim: Claim
    operation_id: str
    payment_id: str
    attempt_id: str
    refund_id: str | None
    kind: Kind
    gateway: str | None
    """The gateway of the first attempt. None: no gateway is let through now, so claim nothing new and refuse."""
    gateway_key: str
    amount_minor: int | None
    """None: everything there is (capture, void, refund)."""
    currency: str
    exponent: int
    capture_mode: CaptureMode
    payment_method: str
    reference: str
    description: str | None
    correlation_id: str


class Claiming(StrEnum):
    """What came of claiming a key."""

    CLAIMED = "claimed"
    REPLAY = "replay"
    """It was used before, and its request has its answer."""
    IN_FLIGHT = "in_flight"
    MISMATCH = "mismatch"
    EXPIRED = "expired"
    TAKEOVER = "takeover"
    """Its owner is gone: the claim is ours now, the operation is not begun again."""
    REFUSED = "refused"
    """The claim is withdrawn, the key is free again."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What T1 did."""

    outcome: Claiming
    key_id: int | None = None
    operation_id: str = ""
    status_code: int | None = None
    body: bytes | None = None
    refusal: str | None = None
    amount_minor: int = 0
    payment: Payment | None = None
    """The payment as T1 left it (or as it refused a capture, void or refund)."""
    read_on: int = 0
    """The generation of the connection that it was read on."""


_CLAIM = """
    p_scope => %(scope)s::text, p_merchant_id => %(merchant_id)s::text, p_livemode => %(livemode)s::boolean,
    p_key => %(key)s::text, p_fingerprint => %(fingerprint)s::bytea, p_owner => %(owner)s::text,
    p_now => %(now_us)s::bigint, p_lease_until => %(lease_until_us)s::bigint, p_expires => %(expires_at_us)s::bigint,
    p_operation_id => %(operation_id)s::text, p_payment_id => %(payment_id)s::text,
    p_attempt_id => %(attempt_id)s::text, p_gateway_key => %(gateway_key)s::text, p_kind => %(kind)s::text,
    p_amount => %(amount_minor)s::bigint, p_reference => %(reference)s::text,
    p_correlation_id => %(correlation_id)s::text"""

_CREATE = f"""
SELECT b.outcome, b.key_id, b.operation_id, b.status_code, b.body, b.refusal, 0, {columns_of("b.payment")}
FROM pay.begin_create({_CLAIM}, p_gateway => %(gateway)s::text, p_currency => %(currency)s::text,
    p_exponent => %(exponent)s::smallint, p_capture_mode => %(capture_mode)s::text,
    p_payment_method => %(payment_method)s::text, p_description => %(description)s::text) b
"""

_MODIFY = f"""
SELECT b.outcome, b.key_id, b.operation_id, b.status_code, b.body, b.refusal, b.amount_minor,
    {columns_of("b.payment")}
FROM pay.begin_modify({_CLAIM}, p_refund_id => %(refund_id)s::text, p_blocked => %(blocked)s::boolean,
    p_reason => %(description)s::text) b
"""


def _common(command: Begin) -> dict[str, Value]:
    claim = command.claim
    return {
        "scope": claim.scope,
        "merchant_id": claim.merchant_id,
        "livemode": claim.livemode,
        "key": claim.key,
        "fingerprint": claim.fingerprint,
        "owner": claim.owner,
        "now_us": claim.now_us,
        "lease_until_us": claim.lease_until_us,
        "expires_at_us": claim.expires_at_us,
        "operation_id": command.operation_id,
        "payment_id": command.payment_id,
        "attempt_id": command.attempt_id,
        "gateway_key": command.gateway_key,
        "kind": command.kind,
        "amount_minor": command.amount_minor,
        "reference": command.reference,
        "correlation_id": command.correlation_id,
        "description": command.description,
    }


async def _create(connection: Connection, command: Begin) -> Begun:
    own: dict[str, Value] = {
        "gateway": command.gateway,
        "currency": command.currency,
        "exponent": command.exponent,
        "capture_mode": command.capture_mode,
        "payment_method": command.payment_method,
    }
    return _begun(await connection.fetch(_CREATE, _common(command) | own))


async def _modify(connection: Connection, command: Begin) -> Begun:
    own: dict[str, Value] = {"refund_id": command.refund_id, "blocked": command.gateway is None}
    return _begun(await connection.fetch(_MODIFY, _common(command) | own))


def _begun(row: Row) -> Begun:
    outcome, key_id, operation_id, status_code, body, refusal, amount_minor = row[:7]
    payment = payment_of(row[7:])
    return Begun(Claiming(outcome), key_id, operation_id or "", status_code, body, refusal, amount_minor or 0, payment)


REFERENCE_USED = "merchant_reference_used"
_REFERENCE_USED_SQLSTATE = "PR001"


async def begin(connection: Connection, command: Begin) -> Begun:
    """Run T1. Raises psycopg.Error and CommitIndeterminate: then look the operation up by its id."""
    try:
        if command.kind in CHARGES:
            return await _create(connection, command)
        return await _modify(connection, command)
    except psycopg.Error as error:
        if error.sqlstate != _REFERENCE_USED_SQLSTATE:
            raise
        # The transaction is undone, and the claim of the key with it; the message is the id of the first.
        return Begun(Claiming.REFUSED, refusal=f"{REFERENCE_USED}:{error.diag.message_primary}")
