"""Which operations failed lately, and what they have in common."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of
from system.clock import in_us, shared_us

_LAST = """
FROM pay.operations o JOIN pay.payments p USING (payment_id)
LEFT JOIN LATERAL (
    SELECT gateway, code, state FROM pay.gateway_attempts x WHERE x.operation_id = o.operation_id
    ORDER BY seq DESC LIMIT 1
) a ON true
WHERE o.state IN ('declined', 'failed', 'unknown', 'manual') AND o.created_at_us >= %s
"""
FAILED = f"""
SELECT o.operation_id, o.payment_id, o.merchant_id, o.kind, o.state, a.gateway, coalesce(a.code, p.error_code) AS code,
    p.payment_method, o.amount_minor, o.currency, o.created_at_us
{_LAST} ORDER BY o.created_at_us DESC LIMIT %s
"""
PATTERNS = f"""
SELECT o.kind, o.state, a.gateway, coalesce(a.code, p.error_code) AS code, p.payment_method, count(*) AS count
{_LAST} GROUP BY 1, 2, 3, 4, 5 ORDER BY count DESC, 1, 2, 3, 4, 5 LIMIT %s
"""
PATTERNS_MOST = 50


async def query_failed_transactions(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/query-failed-transactions?last_h=1&limit=100``: the newest first, and patterns."""
    async with acting(service, request, correlation, "query_failed_transactions", "operations") as act:
        query = act.query(frozenset({"last_h", "limit"}))
        last_h, limit = number_of(query, "last_h", 1, 24 * 366), number_of(query, "limit", 100, 1000)
        since_us = shared_us() - in_us(last_h * 3600)
        async with service.platform.database.connection() as connection:
            patterns = await rows_of(connection, PATTERNS, (since_us, PATTERNS_MOST))
            rows = await rows_of(connection, FAILED, (since_us, limit))
            await act.note(connection, "done", f"{len(rows)} in {last_h} h")
    return respond(correlation, 200, {"last_h": last_h, "patterns": patterns, "transactions": rows})


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/internal/api/payment/query-failed-transactions", query_failed_transactions),
)
