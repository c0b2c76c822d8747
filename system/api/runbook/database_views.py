"""What the database is busy with: its pool as this replica sees it, long transactions, locks."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of

SESSIONS = """
SELECT application_name AS process, coalesce(state, 'unknown') AS state, count(*) AS connections
FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1, 2 ORDER BY 1, 2
"""
LONG = """
SELECT pid, application_name AS process, state, wait_event_type, wait_event,
    (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint AS duration_ms, left(query, 200) AS query
FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND state <> 'idle' AND pid <> pg_backend_pid()
    AND clock_timestamp() - xact_start >= make_interval(secs => %s / 1000.0)
ORDER BY xact_start LIMIT %s
"""
LOCKS = """
SELECT l.relation::regclass::text AS relation, l.mode, l.pid, a.application_name AS process, l.granted,
    pg_blocking_pids(l.pid) AS blocked_by
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'pay' AND c.relkind = 'r' AND l.pid <> pg_backend_pid()
ORDER BY l.granted, relation, l.pid LIMIT %s
"""


async def pool_stats(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/system/db-pool-stats``: this replica's pool, and every session of the database."""
    name = service.platform.settings.name
    async with acting(service, request, correlation, "db_pool_stats", name) as act:
        act.query(frozenset())
        stats = service.platform.database.stats()
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, SESSIONS)
            await act.note(connection, "done")
    return respond(correlation, 200, {"process": name, "pool": stats, "sessions": rows})


async def long_transactions(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/system/long-transactions?at_least_ms=0&limit=10``: the longest first, without values."""
    async with acting(service, request, correlation, "long_transactions", "database") as act:
        query = act.query(frozenset({"at_least_ms", "limit"}))
        least_ms, limit = number_of(query, "at_least_ms", 0, 10**9), number_of(query, "limit", 10, 1000)
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, LONG, (least_ms, limit))
            await act.note(connection, "done", f"{len(rows)} of at least {least_ms} ms")
    return respond(correlation, 200, {"at_least_ms": least_ms, "transactions": rows})


async def locks(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/system/locks?limit=100``: on the platform's tables, those that wait first."""
    async with acting(service, request, correlation, "locks", "database") as act:
        limit = number_of(act.query(frozenset({"limit"})), "limit", 100, 1000)
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, LOCKS, (limit,))
            await act.note(connection, "done", f"{len(rows)} locks")
    return respond(correlation, 200, {"locks": rows})


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/internal/api/system/db-pool-stats", pool_stats),
    ("GET", "/internal/api/system/long-transactions", long_transactions),
    ("GET", "/internal/api/system/locks", locks),
)
