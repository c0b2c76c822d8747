"""Which refunds did not reach their customers."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of
from system.clock import in_us, shared_us

FAILED = """
SELECT r.refund_id, r.payment_id, r.merchant_id, r.reference, r.amount_minor, r.currency, r.status, o.state, a.gateway,
    a.code, r.updated_at_us
FROM pay.refunds r JOIN pay.operations o USING (operation_id)
LEFT JOIN LATERAL (
    SELECT gateway, code FROM pay.gateway_attempts x WHERE x.operation_id = r.operation_id ORDER BY seq DESC LIMIT 1
) a ON true
WHERE (r.status = 'failed' OR o.state IN ('unknown', 'manual')) AND r.updated_at_us >= %s
ORDER BY r.updated_at_us DESC LIMIT %s
"""


async def list_failed_refunds(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/list-failed-refunds?last_h=24&limit=100``: failed, or of unknown fate."""
    async with acting(service, request, correlation, "list_failed_refunds", "refunds") as act:
        query = act.query(frozenset({"last_h", "limit"}))
        last_h, limit = number_of(query, "last_h", 24, 24 * 366), number_of(query, "limit", 100, 1000)
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, FAILED, (shared_us() - in_us(last_h * 3600), limit))
            await act.note(connection, "done", f"{len(rows)} in {last_h} h")
    return respond(correlation, 200, {"last_h": last_h, "refunds": rows})


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/internal/api/payment/list-failed-refunds", list_failed_refunds),
)
