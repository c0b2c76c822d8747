"""Which payments wait for an outcome that does not come; for a payer only when their time is over."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of
from system.clock import in_us, shared_us

STUCK = """
SELECT a.payment_id, a.operation_id, a.attempt_id, o.kind, a.gateway, a.state, o.reference, a.merchant_id,
    a.amount_minor, a.currency, o.manual_reason, a.checks, a.misses,
    (%s - coalesce(a.dispatched_at_us, a.prepared_at_us)) / 1000000 AS age_s
FROM pay.gateway_attempts a JOIN pay.operations o USING (operation_id)
JOIN pay.payments p ON p.payment_id = a.payment_id
WHERE (a.state IN ('prepared', 'dispatched', 'unknown', 'manual')
        OR a.state = 'requires_action' AND p.expires_at_us <= %s)
    AND coalesce(a.dispatched_at_us, a.prepared_at_us) <= %s
ORDER BY coalesce(a.dispatched_at_us, a.prepared_at_us) LIMIT %s
"""


async def find_stuck(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/find-stuck-transactions?older_than_s=60&limit=100``."""
    async with acting(service, request, correlation, "find_stuck_transactions", "attempts") as act:
        query = act.query(frozenset({"older_than_s", "limit"}))
        older_s, limit = number_of(query, "older_than_s", 60, 10**9), number_of(query, "limit", 100, 1000)
        at_us = shared_us()
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, STUCK, (at_us, at_us, at_us - in_us(older_s), limit))
            await act.note(connection, "done", f"{len(rows)} older than {older_s} s")
    return respond(correlation, 200, {"older_than_s": older_s, "transactions": rows})


ROUTES: tuple[tuple[str, str, Operation], ...] = (("GET", "/internal/api/payment/find-stuck-transactions", find_stuck),)
