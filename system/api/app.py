"""The application: routes, life cycle, and errors of the framework in the one error shape."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from system import garbage
from system.api import openapi, operator, payments, plans, reads, runbook, subscriptions, webhooks
from system.api.auth import Authenticator
from system.api.clock import move
from system.api.controls import CONTROLS, list_points
from system.api.handling import Handler, Operation, Service, handled, respond, respond_refused
from system.api.health import NAMES, alive, health, metrics
from system.api.in_time import in_time
from system.api.reset import reset
from system.core.engine import Engine
from system.core.failures import Refused
from system.ids import new_id
from system.platform import Platform

DRAIN_S = 8.0

ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/v1/payments", in_time(payments.create)),
    ("POST", "/v1/payments/{payment_id}/capture", in_time(payments.capture)),
    ("POST", "/v1/payments/{payment_id}/void", in_time(payments.void)),
    ("POST", "/v1/payments/{payment_id}/refunds", in_time(payments.refund)),
    ("GET", "/v1/payments", in_time(reads.list_all)),
    ("GET", "/v1/payments/{payment_id}", in_time(reads.get_payment)),
    ("GET", "/v1/refunds/{refund_id}", in_time(reads.get_refund)),
    ("POST", "/v1/plans", in_time(plans.create)),
    ("GET", "/v1/plans/{plan_id}", in_time(plans.get)),
    ("POST", "/v1/subscriptions", in_time(subscriptions.create)),
    ("GET", "/v1/subscriptions/{subscription_id}", in_time(subscriptions.get)),
    ("GET", "/v1/subscriptions/{subscription_id}/invoices", in_time(subscriptions.invoices)),
    ("POST", "/v1/subscriptions/{subscription_id}/pause", in_time(subscriptions.pause)),
    ("POST", "/v1/subscriptions/{subscription_id}/resume", in_time(subscriptions.resume)),
    ("POST", "/v1/subscriptions/{subscription_id}/cancel", in_time(subscriptions.cancel)),
    ("POST", "/v1/subscriptions/{subscription_id}/change", in_time(subscriptions.change)),
    ("GET", "/v1/payment-states", reads.payment_states),
    ("GET", "/v1/crash-points", list_points),
    ("POST", "/internal/api/payment/switch-gateway", operator.switch_gateway),
    ("POST", "/internal/api/system/enable-fallback-gateway", operator.enable_fallback),
    ("POST", "/internal/api/system/disable-fallback-gateway", operator.disable_fallback),
    ("POST", "/internal/api/system/refresh-db-connections", operator.refresh_connections),
    ("GET", "/internal/api/system/state", operator.state),
    ("POST", "/internal/api/system/reset", reset),
    ("POST", "/internal/api/system/application-clock", move),
    *CONTROLS,
)


def _unexpected(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        correlation = request.headers.get("x-correlation-id", "")[:64] or new_id("cor_")
        service.platform.log.error("unexpected", correlation_id=correlation, error=type(error).__name__)
        refused = Refused(500, "api_error", "internal_error", "Something went wrong here.", definite=False)
        return respond_refused(correlation, refused)

    return answer


async def _framework_error(request: Request, error: Exception) -> Response:
    """Unknown routes and methods."""
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    phrase = HTTPStatus(status_code).phrase
    code = {404: "route_not_found", 405: "method_not_allowed"}.get(status_code, "request_invalid")
    return respond_refused(new_id("cor_"), Refused(status_code, "invalid_request_error", code, f"{phrase}."))


def routes_of(service: Service) -> list[tuple[str, str, Handler]]:
    """Method, path and finished handler of every route, the read-only ones of the process included."""

    async def show_health(_service: Service, _request: Request, correlation: str) -> Response:
        return respond(correlation, 200, health(service.platform))

    async def show_alive(_service: Service, _request: Request, correlation: str) -> Response:
        return respond(correlation, 200, alive(service.platform))

    async def show_ready(_service: Service, _request: Request, correlation: str) -> Response:
        report = health(service.platform)
        return respond(correlation, 200 if report["status"] == "ok" else 503, report)

    async def show_metrics(_service: Service, request: Request, _correlation: str) -> Response:
        names = request.query_params.getlist(NAMES)
        return Response(await metrics(service.platform, names), media_type="text/plain; version=0.0.4")

    extra: tuple[tuple[str, str, Operation], ...] = (
        ("GET", "/health", show_health),
        ("GET", "/health/live", show_alive),
        ("GET", "/health/ready", show_ready),
        ("GET", "/metrics", show_metrics),
    )
    every = (*ROUTES, *runbook.routes(), *extra)
    return [(method, path, handled(service, operation)) for method, path, operation in every]


def make_app(platform: Platform) -> FastAPI:
    """The application of one started platform; it stops the platform when the server shuts down."""
    engine = Engine(platform)
    service = Service(platform, engine, Authenticator(platform))

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        garbage.settle()
        platform.log.info("started", role=platform.role, bug=platform.planted.bug, port=platform.settings.port)
        yield
        await engine.drain(DRAIN_S)
        await platform.stop()
        platform.log.info("stopped")

    app = FastAPIOffline(title="Payments", lifespan=life, openapi_url="/openapi.json", redoc_url=None)
    app.openapi = lambda: dict(openapi.document())  # type: ignore[method-assign]
    pages = list(app.router.routes)
    for method, path, handler in routes_of(service):
        app.add_route(path, handler, methods=[method])
    for method, path, operation in webhooks.routes_of(platform):
        app.add_route(path, handled(service, operation), methods=[method])
    # Routes are tried in their order: payments do not wait for the pages about them.
    app.router.routes[:] = [*app.router.routes[len(pages) :], *pages]
    app.add_exception_handler(HTTPException, _framework_error)
    app.add_exception_handler(Exception, _unexpected(service))
    return app
