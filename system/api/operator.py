"""The runbook's operator endpoints: authenticated, audited, and acknowledged by every live process."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.handling import Service, read_body, respond
from system.api.health import backlog
from system.clock import now_us
from system.core.failures import Refused
from system.shared_state import Routing, read_routing
from system.store.audit import audit
from system.store.connection import Connection

ACKNOWLEDGE_TIMEOUT_S = 5.0

_ROUTE = """
UPDATE pay.routing SET primary_gateway = %s, fallback_gateway = %s, fallback_enabled = %s, version = version + 1,
    updated_at_us = %s
RETURNING primary_gateway, fallback_gateway, fallback_enabled, version, epoch
"""


async def _body(service: Service, request: Request, known: frozenset[str]) -> dict[str, Any]:
    service.authenticator.operator(request.headers)
    content = await read_body(request)
    return parse.json_object(request.headers, content, known) if content or known else {}


def _origin(request: Request) -> str:
    return request.client.host if request.client else ""


async def _change_routing(service: Service, request: Request, action: str, wanted: Routing, detail: str) -> Routing:
    async with service.platform.database.connection() as connection, connection.transaction():
        row = await connection.fetch(_ROUTE, (wanted.primary, wanted.fallback, wanted.fallback_enabled, now_us()))
        await audit(
            connection,
            actor="operator",
            action=action,
            object="routing",
            outcome="done",
            origin=_origin(request),
            detail=detail,
        )
    return Routing(*row)


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
    body = await _body(service, request, frozenset({"primaryGateway", "reason"}))
    primary = body.get("primaryGateway")
    known = sorted(service.platform.connectors)
    if primary not in known:
        raise parse.invalid("gateway_unknown", f"primaryGateway must be one of {', '.join(known)}.", "primaryGateway")
    reason = parse.text(body, "reason", limit=255) or ""
    async with service.platform.database.connection() as connection:
        current = await _current(connection)
    if primary == current.primary:
        return await _acknowledged(service, correlation, current)
    wanted = replace(current, primary=str(primary), fallback=current.primary)
    routing = await _change_routing(service, request, "switch_gateway", wanted, f"{primary}: {reason}")
    return await _acknowledged(service, correlation, routing)


async def _set_fallback(service: Service, request: Request, correlation: str, enabled: bool) -> Response:
    await _body(service, request, frozenset())
    async with service.platform.database.connection() as connection:
        wanted = replace(await _current(connection), fallback_enabled=enabled)
    action = "enable_fallback_gateway" if enabled else "disable_fallback_gateway"
    routing = await _change_routing(service, request, action, wanted, wanted.fallback)
    return await _acknowledged(service, correlation, routing)


async def enable_fallback(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/enable-fallback-gateway``."""
    return await _set_fallback(service, request, correlation, enabled=True)


async def disable_fallback(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/disable-fallback-gateway``."""
    return await _set_fallback(service, request, correlation, enabled=False)


async def refresh_connections(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/refresh-db-connections``: this replica's pool is rebuilt."""
    await _body(service, request, frozenset())
    await service.platform.database.refresh()
    async with service.platform.database.connection() as connection:
        await audit(
            connection,
            actor="operator",
            action="refresh_db_connections",
            object=service.platform.settings.name,
            outcome="done",
            origin=_origin(request),
        )
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
