"""T1: claim the idempotency key, reserve, insert the operation and its first attempt; one round trip."""

from dataclasses import dataclass

import psycopg

from system.store.connection import Connection
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
    kind: str
    """authorize | sale | capture | void | refund"""
    gateway: str | None
    """The gateway of the first attempt. None: no gateway is let through now, so claim nothing new and refuse."""
    gateway_key: str
    amount_minor: int | None
    """None: everything there is (capture, void, refund)."""
    currency: str
    exponent: int
    capture_mode: str
    payment_method: str
    reference: str
    description: str | None
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What T1 did. ``outcome``: claimed | replay | in_flight | mismatch | expired | takeover | refused."""

    outcome: str
    key_id: int | None = None
    operation_id: str = ""
    status_code: int | None = None
    body: bytes | None = None
    refusal: str | None = None
    amount_minor: int = 0
    payment: Payment | None = None
    """For capture, void, refund: the payment after its reservation (or as it refused it)."""
    read_on: int = 0
    """The generation of the connection that it was read on."""


_CREATE = """
SELECT outcome, key_id, operation_id, status_code, body, refusal FROM pay.begin_create(
    %s::text, %s::text, %s::boolean, %s::text, %s::bytea, %s::text, %s::bigint, %s::bigint, %s::bigint,
    %s::text, %s::text, %s::text, %s::text, %s::text,
    %s::text, %s::bigint, %s::text, %s::smallint, %s::text, %s::text, %s::text, %s::text, %s::text)
"""

_MODIFY = f"""
SELECT b.outcome, b.key_id, b.operation_id, b.status_code, b.body, b.refusal, b.amount_minor,
    {columns_of("b.payment")}
FROM pay.begin_modify(
    %s::text, %s::text, %s::boolean, %s::text, %s::bytea, %s::text, %s::bigint, %s::bigint, %s::bigint,
    %s::text, %s::text, %s::text, %s::text, %s::text,
    %s::text, %s::bigint, %s::boolean, %s::text, %s::text, %s::text) b
"""


def _claim_values(claim: Claim) -> tuple[object, ...]:
    return (
        claim.scope,
        claim.merchant_id,
        claim.livemode,
        claim.key,
        claim.fingerprint,
        claim.owner,
        claim.now_us,
        claim.lease_until_us,
        claim.expires_at_us,
    )


async def _create(connection: Connection, command: Begin) -> Begun:
    row = await connection.fetch(
        _CREATE,
        (
            *_claim_values(command.claim),
            command.operation_id,
            command.payment_id,
            command.attempt_id,
            command.gateway,
            command.gateway_key,
            command.kind,
            command.amount_minor,
            command.currency,
            command.exponent,
            command.capture_mode,
            command.payment_method,
            command.reference,
            command.description,
            command.correlation_id,
        ),
    )
    return Begun(*row)


async def _modify(connection: Connection, command: Begin) -> Begun:
    row = await connection.fetch(
        _MODIFY,
        (
            *_claim_values(command.claim),
            command.operation_id,
            command.payment_id,
            command.attempt_id,
            command.refund_id,
            command.gateway_key,
            command.kind,
            command.amount_minor,
            command.gateway is None,
            command.reference,
            command.description,
            command.correlation_id,
        ),
    )
    outcome, key_id, operation_id, status_code, body, refusal, amount_minor = row[:7]
    payment = payment_of(row[7:])
    return Begun(outcome, key_id, operation_id or "", status_code, body, refusal, amount_minor or 0, payment)


REFERENCE_USED = "merchant_reference_used"
_REFERENCE_USED_SQLSTATE = "PR001"


async def begin(connection: Connection, command: Begin) -> Begun:
    """Run T1. Raises psycopg.Error and CommitIndeterminate: then look the operation up by its id."""
    try:
        if command.kind in ("authorize", "sale"):
            return await _create(connection, command)
        return await _modify(connection, command)
    except psycopg.Error as error:
        if error.sqlstate != _REFERENCE_USED_SQLSTATE:
            raise
        # The transaction is undone, and the claim of the key with it; the message is the id of the first.
        return Begun("refused", refusal=f"{REFERENCE_USED}:{error.diag.message_primary}")
