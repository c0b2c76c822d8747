"""Undecided attempts: claim the due ones with a lease, put them back with the next time to look. SQL only."""

from dataclasses import dataclass, replace

from system.gateway import GatewayRequest, Kind
from system.states import AttemptState, OperationKind
from system.store.connection import Connection, Row

CLAIM = """
WITH due AS (
    SELECT attempt_id FROM pay.gateway_attempts
    WHERE state IN ('prepared', 'dispatched', 'unknown', 'requires_action') AND check_after_us <= %(now_us)s
      AND lease_until_us <= %(now_us)s
    ORDER BY check_after_us LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE pay.gateway_attempts a SET lease_owner = %(owner)s, lease_until_us = %(lease_until_us)s
FROM due, pay.operations o, pay.payments p
WHERE a.attempt_id = due.attempt_id AND o.operation_id = a.operation_id AND p.payment_id = a.payment_id
RETURNING a.operation_id, a.attempt_id, a.payment_id, a.merchant_id, o.reference, a.call_kind, a.amount_minor,
    a.currency, p.payment_method, a.gateway_ref, o.correlation_id, a.gateway_key, a.gateway, a.state, o.kind,
    a.sends, a.checks, a.misses, a.first_miss_at_us, coalesce(a.dispatched_at_us, a.prepared_at_us),
    p.expires_at_us, ARRAY(SELECT x.gateway FROM pay.gateway_attempts x WHERE x.operation_id = a.operation_id)
"""

FIND = CLAIM[CLAIM.index("RETURNING") :].replace("RETURNING", "SELECT") + (
    "FROM pay.gateway_attempts a JOIN pay.operations o USING (operation_id)"
    " JOIN pay.payments p ON p.payment_id = a.payment_id WHERE a.attempt_id = %s"
)

PUT_BACK = """
WITH looked AS (
    UPDATE pay.gateway_attempts
    SET lease_owner = NULL, lease_until_us = 0, check_after_us = %(check_after_us)s, checks = checks + %(checks)s,
        misses = misses + %(misses)s,
        first_miss_at_us = CASE WHEN %(misses)s > 0 THEN coalesce(first_miss_at_us, %(now_us)s)
                                ELSE first_miss_at_us END
    WHERE attempt_id = %(attempt_id)s AND state IN ('prepared', 'dispatched', 'unknown', 'requires_action')
    RETURNING operation_id
)
UPDATE pay.operations o SET resolve_count = resolve_count + %(checks)s
FROM looked WHERE o.operation_id = looked.operation_id
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one gateway. `request` can be sent; its key is that of the first send."""

    request: GatewayRequest
    gateway: str
    state: AttemptState
    operation_kind: OperationKind
    tried: frozenset[str] = frozenset()
    """The gateways that its operation was tried at, its own among them."""
    sends: int = 0
    checks: int = 0
    misses: int = 0
    first_miss_at_us: int | None = None
    since_us: int = 0
    """When it was dispatched, or prepared if it never was."""
    expires_at_us: int | None = None
    """Until when its payer has time, as the client was told; None where no payer was ever asked."""

    def request_under(self, gateway_key: str) -> GatewayRequest:
        """Return the request under the key that one of its sends carries."""
        return replace(self.request, gateway_key=gateway_key)


async def claim(connection: Connection, owner: str, now_us: int, *, lease_us: int, limit: int) -> list[Attempt]:
    """Lease up to `limit` due attempts to `owner`. A dead owner's lease runs out and the attempt is due again."""
    parameters = {"owner": owner, "now_us": now_us, "lease_until_us": now_us + lease_us, "limit": limit}
    cursor = await connection.execute(CLAIM, parameters)
    return [_attempt(row) for row in await cursor.fetchall()]


async def find(connection: Connection, attempt_id: str) -> Attempt | None:
    """Return an attempt in whatever state it is, without a lease; None where there is none."""
    cursor = await connection.execute(FIND, (attempt_id,))
    row = await cursor.fetchone()
    return None if row is None else _attempt(row)


async def put_back(
    connection: Connection, attempt_id: str, *, now_us: int, check_after_us: int, checks: int = 0, misses: int = 0
) -> None:
    """End the lease of a still undecided attempt; `checks` and `misses` count what was tried meanwhile."""
    parameters = {
        "attempt_id": attempt_id,
        "now_us": now_us,
        "check_after_us": check_after_us,
        "checks": checks,
        "misses": misses,
    }
    await connection.execute(PUT_BACK, parameters)


def _attempt(row: Row) -> Attempt:
    operation, attempt, payment, merchant, reference, kind, amount, currency, method, ref, correlation = row[:11]
    gateway_key, gateway, state, operation_kind, sends, checks, misses, first_miss_at_us, since_us = row[11:20]
    expires_at_us, tried = row[20:]
    request = GatewayRequest(
        operation_id=operation,
        attempt_id=attempt,
        payment_id=payment,
        merchant_id=merchant,
        reference=reference,
        gateway_key=gateway_key,
        kind=Kind(kind),
        amount_minor=amount,
        currency=currency,
        payment_method=method,
        capture=kind == Kind.SALE,
        gateway_ref=ref,
        correlation_id=correlation,
    )
    return Attempt(
        request,
        gateway,
        AttemptState(state),
        OperationKind(operation_kind),
        frozenset(tried),
        sends,
        checks,
        misses,
        first_miss_at_us,
        since_us,
        expires_at_us,
    )
