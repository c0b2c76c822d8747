"""``POST /internal/api/system/reset``: empty books for the next run. Only where ``PAY_ALLOW_RESET`` says so."""

import asyncio

import psycopg
from starlette.requests import Request
from starlette.responses import Response

from system.api.acting import Act, acting
from system.api.handling import Service, respond
from system.clock import now_us
from system.core.failures import Refused
from system.shared_state import Routing, read_routing
from system.store.merchants import SEED_MERCHANT, merchant_rows

ACKNOWLEDGE_TIMEOUT_S = 5.0
TRIES = 5
LIMIT_S = 12.0

TRUNCATE = """
TRUNCATE pay.payments, pay.operations, pay.gateway_attempts, pay.attempt_transitions, pay.refunds,
    pay.disputes, pay.dispute_transitions, pay.chargebacks,
    pay.idempotency_keys, pay.journals, pay.postings, pay.status_history, pay.outbox, pay.webhook_deliveries,
    pay.delivery_attempts, pay.inbound_events, pay.breaker_transitions, pay.audit, pay.reconnects,
    pay.reconciliation_runs, pay.reconciliation_breaks, pay.merchants, pay.settlement_batches, pay.settlement_lines,
    pay.settlement_clock, pay.plans, pay.subscriptions, pay.subscription_changes, pay.invoices,
    pay.invoice_tries
    RESTART IDENTITY CASCADE
"""


_WRITTEN = """
SELECT EXISTS (SELECT FROM pay.reconciliation_runs)
    OR EXISTS (SELECT FROM pay.operations WHERE starts_with(reference, 'sub_') AND strpos(reference, '/') > 0)
"""


async def reset(service: Service, request: Request, correlation: str) -> Response:
    """Empty the books, seed again, and answer when every live process has dropped its caches."""
    async with acting(service, request, correlation, "reset", "books") as act:
        if not service.platform.settings.allow_reset:
            raise Refused(403, "invalid_request_error", "reset_not_allowed", "This platform does not allow a reset.")
    for _ in range(TRIES):
        await _empty_in_the_end(act)
        routing = await _acknowledged(service)
        if not await _was_written_meanwhile(service):
            return respond(correlation, 200, {"epoch": routing.epoch, "routing_version": routing.version})
    raise Refused(503, "api_error", "reset_not_over", "Something goes on writing into the new books.", definite=False)


async def _empty_in_the_end(act: Act) -> None:
    for tried in range(TRIES):
        try:
            await _empty(act)
            return
        except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
            if tried + 1 == TRIES:
                raise
            await asyncio.sleep(0.2)


async def _acknowledged(service: Service) -> Routing:
    """Wait until every live process knows the new epoch, and has ended what it began in the old one."""
    async with service.platform.database.connection() as connection:
        routing = await read_routing(connection)
    assert routing is not None
    laggards = await service.platform.shared.laggards(routing, ACKNOWLEDGE_TIMEOUT_S)
    if laggards:
        raise Refused(
            503, "api_error", "reset_not_acknowledged", f"Not acknowledged by: {', '.join(laggards)}.", definite=False
        )
    return routing


async def _was_written_meanwhile(service: Service) -> bool:
    """Whether a reconciliation or a biller's charge that was under way has left its account in the new books."""
    async with service.platform.database.connection() as connection:
        row = await connection.fetch(_WRITTEN)
    return bool(row[0])


async def _empty(act: Act) -> None:
    platform = act.service.platform
    async with platform.database.connection(limit_s=LIMIT_S) as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = '10s'")
        await connection.execute("SET LOCAL lock_timeout = '2s'")
        await connection.execute(TRUNCATE)
        for row in merchant_rows(platform.settings):
            await connection.execute(SEED_MERCHANT, row)
        await connection.execute("SELECT pay.seed_shared_state(%s, %s)", (now_us(), list(platform.gateways)))
        await act.note(connection, "done")
        if platform.planted.prepare is not None:
            await platform.planted.prepare(connection)
