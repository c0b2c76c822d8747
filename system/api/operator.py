"""The runbook's operator endpoints: authenticated, audited, and acknowledged by every live process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.handling import Service, read_body, respond
from system.api.health import backlog
from system.breakers.shared import DATABASE_TROUBLE
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


def _origin(request: Request) -> str:
    return request.client.host if request.client else ""


async def _audit(
    connection: Connection,
    request: Request,
    action: str,
    object: str,
    outcome: str,
    detail: str | None = None,
    *,
    actor: str = "operator",
) -> None:
    await audit(
        connection,
        actor=actor,
        action=action,
        object=object,
        outcome=outcome,
        origin=_origin(request),
        detail=detail,
    )


@asynccontextmanager
async def audited_refusals(service: Service, request: Request, action: str, object: str) -> AsyncIterator[None]:
    """What is refused leaves a row as well, whoever asked; the refusal stands even where the row cannot be written."""
    try:
        yield
    except Refused as refused:
        actor = "unknown" if refused.status_code == 401 else "operator"
        with suppress(*DATABASE_TROUBLE):
            async with service.platform.database.connection() as connection:
                await _audit(connection, request, action, object, "refused", refused.code, actor=actor)
        raise


async def _body(service: Service, request: Request, known: frozenset[str]) -> dict[str, Any]:
    service.authenticator.operator(request.headers)
    content = await read_body(request)
    return parse.json_object(request.headers, content, known) if content or known else {}


async def _change_routing(
    service: Service, request: Request, action: str, change: Callable[[Routing], Routing], detail: str
) -> Routing:
    """Read, change and audit in one transaction, the row locked: concurrent operators see each other's changes.

    A change that changes nothing keeps the version, and is audited as well.
    """
    async with service.platform.database.connection() as connection, connection.transaction():
        await connection.execute("SELECT FROM pay.routing FOR UPDATE")
        current = await _current(connection)
        wanted = change(current)
        if wanted == current:
            await _audit(connection, request, action, "routing", "unchanged", detail)
            return current
        values = (wanted.primary, wanted.fallback, wanted.fallback_enabled, now_us())
        routing = Routing(*await connection.fetch(_ROUTE, values))
        await _audit(connection, request, action, "routing", "done", detail)
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
    action = "switch_gateway"
    async with audited_refusals(service, request, action, "routing"):
        body = await _body(service, request, frozenset({"primaryGateway", "reason"}))
        primary = body.get("primaryGateway")
        known = sorted(service.platform.connectors)
        if primary not in known:
            message = f"primaryGateway must be one of {', '.join(known)}."
            raise parse.invalid("gateway_unknown", message, "primaryGateway")
        reason = parse.text(body, "reason", limit=255) or ""

        def switched(current: Routing) -> Routing:
            if primary == current.primary:
                return current
            return replace(current, primary=str(primary), fallback=current.primary)

        routing = await _change_routing(service, request, action, switched, f"{primary}: {reason}")
    return await _acknowledged(service, correlation, routing)


async def _set_fallback(service: Service, request: Request, correlation: str, enabled: bool) -> Response:
    action = "enable_fallback_gateway" if enabled else "disable_fallback_gateway"
    async with audited_refusals(service, request, action, "routing"):
        await _body(service, request, frozenset())
        routing = await _change_routing(
            service, request, action, lambda current: replace(current, fallback_enabled=enabled), f"enabled: {enabled}"
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
    action, name = "refresh_db_connections", service.platform.settings.name
    async with audited_refusals(service, request, action, name):
        await _body(service, request, frozenset())
    await service.platform.database.refresh()
    async with service.platform.database.connection() as connection:
        await _audit(connection, request, action, name, "done")
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
