"""``POST /internal/api/system/reset``: empty books for the next run. Only where ``PAY_ALLOW_RESET`` says so."""

import asyncio

import psycopg
from starlette.requests import Request
from starlette.responses import Response

from system.api.handling import Service, respond
from system.api.operator import audited_refusals
from system.clock import now_us
from system.core.failures import Refused
from system.shared_state import read_routing
from system.store.audit import audit
from system.store.merchants import SEED_MERCHANT, merchant_rows

ACKNOWLEDGE_TIMEOUT_S = 5.0
TRIES = 5
LIMIT_S = 12.0

TRUNCATE = """
TRUNCATE pay.payments, pay.operations, pay.gateway_attempts, pay.attempt_transitions, pay.refunds,
    pay.idempotency_keys, pay.journals, pay.postings, pay.status_history, pay.outbox, pay.webhook_deliveries,
    pay.delivery_attempts, pay.inbound_events, pay.breaker_transitions, pay.audit, pay.reconnects, pay.merchants
    RESTART IDENTITY CASCADE
"""


async def reset(service: Service, request: Request, correlation: str) -> Response:
    """Empty the books, seed again, and answer when every live process has dropped its caches."""
    async with audited_refusals(service, request, "reset", "books"):
        service.authenticator.operator(request.headers)
        if not service.platform.settings.allow_reset:
            raise Refused(403, "invalid_request_error", "reset_not_allowed", "This platform does not allow a reset.")
    for tried in range(TRIES):
        try:
            await _empty(service, request)
            break
        except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
            if tried + 1 == TRIES:
                raise
            await asyncio.sleep(0.2)
    async with service.platform.database.connection() as connection:
        routing = await read_routing(connection)
    assert routing is not None
    laggards = await service.platform.shared.laggards(routing, ACKNOWLEDGE_TIMEOUT_S)
    if laggards:
        raise Refused(
            503, "api_error", "reset_not_acknowledged", f"Not acknowledged by: {', '.join(laggards)}.", definite=False
        )
    return respond(correlation, 200, {"epoch": routing.epoch, "routing_version": routing.version})


async def _empty(service: Service, request: Request) -> None:
    platform = service.platform
    async with platform.database.connection(limit_s=LIMIT_S) as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = '10s'")
        await connection.execute("SET LOCAL lock_timeout = '2s'")
        await connection.execute(TRUNCATE)
        for row in merchant_rows(platform.settings):
            await connection.execute(SEED_MERCHANT, row)
        await connection.execute("SELECT pay.seed_shared_state(%s)", (now_us(),))
        await audit(
            connection,
            actor="operator",
            action="reset",
            object="books",
            outcome="done",
            origin=request.client.host if request.client else "",
        )
        if platform.planted.prepare is not None:
            await platform.planted.prepare(connection)
