"""The runbook's operator endpoints: authenticated, audited, and acknowledged by every live process."""

from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import Act, acting
from system.api.handling import Service, respond
from system.api.health import backlog
from system.clock import now_us
from system.core.failures import Refused
from system.shared_state import Routing, read_routing, routing_of
from system.store.connection import Connection

ACKNOWLEDGE_TIMEOUT_S = 5.0

_ROUTE = """
UPDATE pay.routing SET gateways = %s, fallback_enabled = %s, version = version + 1, updated_at_us = %s
RETURNING gateways, fallback_enabled, version, epoch
"""


async def _change_routing(act: Act, change: Callable[[Routing], Routing], detail: str) -> Routing:
    """Read, change and audit in one transaction, the row locked: concurrent operators see each other's changes.

    A change that changes nothing keeps the version, and is audited as well.
    """
    database = act.service.platform.database
    async with database.connection() as connection, connection.transaction():
        await connection.execute("SELECT FROM pay.routing FOR UPDATE")
        current = await _current(connection)
        wanted = change(current)
        if wanted == current:
            await act.note(connection, "unchanged", detail)
            return current
        values = (list(wanted.gateways), wanted.fallback_enabled, now_us())
        routing = routing_of(await connection.fetch(_ROUTE, values))
        await act.note(connection, "done", detail)
    return routing


async def _current(connection: Connection) -> Routing:
    routing = await read_routing(connection)
    if routing is None:
        raise Refused(503, "api_error", "not_set_up", "The platform's database is not set up.")
    return routing


async def _acknowledged(service: Service, correlation: str, routing: Routing) -> Response:
    laggards = await service.platform.shared.laggards(routing, ACKNOWLEDGE_TIMEOUT_S)
    body = {
        "primary_gateway": routing.primary,
        "fallback_gateway": routing.fallback,
        "fallback_enabled": routing.fallback_enabled,
        "version": routing.version,
        "acknowledged": not laggards,
        "laggards": laggards,
    }
    return respond(correlation, 200 if not laggards else 202, body)


async def switch_gateway(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/payment/switch-gateway``: 200 when every live process has it, 202 with the laggards."""
    async with acting(service, request, correlation, "switch_gateway", "routing") as act:
        body = await act.body(frozenset({"primaryGateway", "reason"}))
        primary = body.get("primaryGateway")
        known = sorted(service.platform.connectors)
        if primary not in known:
            message = f"primaryGateway must be one of {', '.join(known)}."
            raise parse.invalid("gateway_unknown", message, "primaryGateway")
        reason = parse.text(body, "reason", limit=255) or ""
        gateways = service.platform.gateways
        routing = await _change_routing(act, lambda now: now.led_by(str(primary), gateways), f"{primary}: {reason}")
    return await _acknowledged(service, correlation, routing)


async def _set_fallback(service: Service, request: Request, correlation: str, enabled: bool) -> Response:
    action = "enable_fallback_gateway" if enabled else "disable_fallback_gateway"
    async with acting(service, request, correlation, action, "routing") as act:
        await act.body(frozenset())
        routing = await _change_routing(
            act, lambda current: replace(current, fallback_enabled=enabled), f"enabled: {enabled}"
        )
    return await _acknowledged(service, correlation, routing)


async def enable_fallback(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/enable-fallback-gateway``."""
    return await _set_fallback(service, request, correlation, enabled=True)


async def disable_fallback(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/disable-fallback-gateway``."""
    return await _set_fallback(service, request, correlation, enabled=False)


async def refresh_connections(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/refresh-db-connections``: this replica's pool is rebuilt."""
    name = service.platform.settings.name
    async with acting(service, request, correlation, "refresh_db_connections", name) as act:
        await act.body(frozenset())
        await service.platform.database.refresh()
        await act.done()
    return respond(correlation, 200, {"generation": service.platform.database.generation})


async def state(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/system/state``: breakers, routing, who acknowledged what, backlog."""
    service.authenticator.operator(request.headers)
    async with service.platform.database.connection() as connection:
        routing = await _current(connection)
        breakers = await connection.execute(
            "SELECT gateway, operation_class, state, version FROM pay.breakers ORDER BY gateway, operation_class"
        )
        breaker_rows = await breakers.fetchall()
        processes = await connection.execute(
            "SELECT name, role, routing_version, epoch, seen_at_us FROM pay.processes ORDER BY name"
        )
        process_rows = await processes.fetchall()
    body = {
        "routing": {
            "primary_gateway": routing.primary,
            "fallback_gateway": routing.fallback,
            "fallback_enabled": routing.fallback_enabled,
            "version": routing.version,
            "epoch": routing.epoch,
        },
        "breakers": [
            dict(zip(("gateway", "operation_class", "state", "version"), row, strict=True)) for row in breaker_rows
        ],
        "acknowledgements": [
            dict(zip(("name", "role", "routing_version", "epoch", "seen_at_us"), row, strict=True))
            for row in process_rows
        ],
        "backlog": await backlog(service.platform),
    }
    return respond(correlation, 200, body)
