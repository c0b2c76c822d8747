"""How payments fare by payment method: whether trouble is one method's alone."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of
from system.clock import in_us, shared_us

RATES = """
SELECT p.payment_method, count(*) AS tried, count(*) FILTER (WHERE o.state = 'succeeded') AS succeeded,
    count(*) FILTER (WHERE o.state = 'declined') AS declined, count(*) FILTER (WHERE o.state = 'failed') AS failed,
    count(*) FILTER (WHERE o.state NOT IN ('succeeded', 'declined', 'failed')) AS open,
    round(100.0 * count(*) FILTER (WHERE o.state = 'succeeded') / count(*), 2)::float8 AS success_percent
FROM pay.operations o JOIN pay.payments p USING (payment_id)
WHERE o.kind IN ('sale', 'authorize') AND o.created_at_us >= %s
GROUP BY 1 ORDER BY success_percent, tried DESC, 1 LIMIT %s
"""


async def success_rates(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/payment-method-success-rates?last_h=24&limit=100``: the worst method first."""
    async with acting(service, request, correlation, "payment_method_success_rates", "operations") as act:
        query = act.query(frozenset({"last_h", "limit"}))
        last_h, limit = number_of(query, "last_h", 24, 24 * 366), number_of(query, "limit", 100, 1000)
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, RATES, (shared_us() - in_us(last_h * 3600), limit))
            await act.note(connection, "done", f"{len(rows)} methods in {last_h} h")
    return respond(correlation, 200, {"last_h": last_h, "methods": rows})


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/internal/api/payment/payment-method-success-rates", success_rates),
)
