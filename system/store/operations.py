"""Reads an operation back by its id: after a lost COMMIT, a taken-over claim, or a decision made elsewhere."""

from dataclasses import dataclass, fields

from system.gateway import Kind
from system.states import OperationState
from system.store.begin import Claim
from system.store.connection import Connection
from system.store.payments import Payment, Refund, read_payment, read_refund

_PAYMENT = ", ".join("p." + field.name for field in fields(Payment))
_PAYMENT_WIDTH = len(fields(Payment))

_FIND = f"""
SELECT o.kind, o.state, o.correlation_id, o.amount_minor,
    (SELECT a.code FROM pay.gateway_attempts a WHERE a.operation_id = o.operation_id ORDER BY a.seq DESC LIMIT 1),
    {_PAYMENT},
    ARRAY(SELECT x.refund_id FROM pay.refunds x WHERE x.payment_id = p.payment_id ORDER BY x.refund_id),
    r.refund_id, r.payment_id, r.amount_minor, r.currency, r.status, r.reference, r.created_at_us
FROM pay.operations o JOIN pay.payments p USING (payment_id)
LEFT JOIN pay.refunds r ON r.refund_id = o.refund_id
WHERE o.operation_id = %s
"""


@dataclass(frozen=True, slots=True)
class OperationView:
    """A client's operation as it is now, with its payment and, for a refund, the refund."""

    kind: Kind
    state: OperationState
    correlation_id: str
    amount_minor: int
    code: str | None
    payment: Payment
    refund_ids: tuple[str, ...]
    refund: Refund | None


async def find_operation(connection: Connection, operation_id: str) -> OperationView | None:
    """The operation, or None when it was never accepted."""
    cursor = await connection.execute(_FIND, (operation_id,), prepare=True)
    row = await cursor.fetchone()
    if row is None:
        return None
    kind, state, correlation_id, amount_minor, code = row[:5]
    rest = row[5 + _PAYMENT_WIDTH :]
    refund = None if rest[1] is None else read_refund(rest[1:])
    payment = read_payment(row[5 : 5 + _PAYMENT_WIDTH])
    return OperationView(
        Kind(kind), OperationState(state), correlation_id, amount_minor, code, payment, tuple(rest[0]), refund
    )


async def find_claim(connection: Connection, claim: Claim) -> int | None:
    """The key_id of a claim that is in flight and still its owner's; None otherwise."""
    cursor = await connection.execute(
        "SELECT key_id FROM pay.idempotency_keys"
        " WHERE scope = %s AND livemode = %s AND idempotency_key = %s AND owner = %s AND state = 'in_flight'",
        (claim.scope, claim.livemode, claim.key, claim.owner),
    )
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


async def find_reply(connection: Connection, key_id: int, operation_id: str) -> tuple[int, bytes, str] | None:
    """The stored status and bytes of an operation's completed key, and the owner who stored them.

    A key's number alone names nothing: one that a failover took back is given to the next key.
    """
    cursor = await connection.execute(
        "SELECT status_code, body, owner FROM pay.idempotency_keys"
        " WHERE key_id = %s AND operation_id = %s AND state = 'completed'",
        (key_id, operation_id),
    )
    row = await cursor.fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]), str(row[2]))


async def charge_of(connection: Connection, payment_id: str, merchant_id: str) -> tuple[str, str] | None:
    """The gateway that holds a merchant's payment, and the payment's currency; None before it was charged."""
    cursor = await connection.execute(
        "SELECT gateway, currency FROM pay.payments WHERE payment_id = %s AND merchant_id = %s",
        (payment_id, merchant_id),
    )
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else (str(row[0]), str(row[1]))
