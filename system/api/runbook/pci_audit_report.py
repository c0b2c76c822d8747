"""Who did what with the platform in a month, and how it ended: what an auditor of PCI DSS (10.2, v4.0) asks for."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of

COUNTED = """
SELECT action, actor, outcome, count(*) AS count, min(at_us) AS first_at_us, max(at_us) AS last_at_us
FROM books.audit WHERE at_us >= %s AND at_us < %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
LISTED = """
SELECT at_us, actor, action, object, outcome, origin, detail, request_id
FROM books.audit WHERE at_us >= %s AND at_us < %s ORDER BY at_us LIMIT %s
"""


async def pci_audit_report(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/generate-pci-audit-report?month=2026-05&limit=1000``: by UTC, the oldest first."""
    async with acting(service, request, correlation, "generate_pci_audit_report", "audit") as act:
        query = act.query(frozenset({"month", "limit"}))
        from_us, to_us = _month(query.get("month", ""))
        limit = number_of(query, "limit", 1000, 100_000)
        async with service.platform.database.connection() as connection:
            counted = await rows_of(connection, COUNTED, (from_us, to_us))
            listed = await rows_of(connection, LISTED, (from_us, to_us, limit))
            await act.note(connection, "done", query["month"])
    body = {"month": query["month"], "from_us": from_us, "to_us": to_us, "actions": counted, "rows": listed}
    return respond(correlation, 200, body)


def _month(text: str) -> tuple[int, int]:
    """Return when a month (YYYY-MM, by UTC) begins and ends, in microseconds. Raises Refused (400)."""
    try:
        if len(text) != len("2026-05"):
            raise ValueError(text)
        begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    except ValueError:
        raise parse.invalid("parameter_invalid", "month must be a month such as 2026-05.", "month") from None
    return int(begin.timestamp()) * 1_000_000, int(end.timestamp()) * 1_000_000


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/internal/api/payment/generate-pci-audit-report", pci_audit_report),
)
