"""The worker's admin listener: `/health` (with `/live` and `/ready`), `/metrics`, and the operator's test controls."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.api.auth import Authenticator
from system.api.controls import CONTROLS
from system.api.handling import Service, handled
from system.api.health import BACKLOG_TIMEOUT_S, NAMES, alive, backlog, health, metrics
from system.breakers import DATABASE_TROUBLE
from system.core.engine import Engine
from system.json_body import PlainObject
from system.platform import Platform


def admin_app(platform: Platform) -> Starlette:
    """Return the listener's application."""

    async def show_health(request: Request) -> Response:
        waiting: PlainObject | None = None
        try:
            async with asyncio.timeout(BACKLOG_TIMEOUT_S):
                waiting = await backlog(platform)
        except (*DATABASE_TROUBLE, TimeoutError):  # health answers even when the database does not
            pass
        return JSONResponse({**health(platform), "backlog": waiting})

    async def show_alive(request: Request) -> Response:
        return JSONResponse(alive(platform))

    async def show_ready(request: Request) -> Response:
        report = health(platform)
        return JSONResponse(report, 200 if report["status"] == "ok" else 503)

    async def show_metrics(request: Request) -> Response:
        names = request.query_params.getlist(NAMES)
        return Response(await metrics(platform, names), media_type="text/plain; version=0.0.4")

    service = Service(platform, Engine(platform), Authenticator(platform))
    controls = [Route(path, handled(service, control), methods=[method]) for method, path, control in CONTROLS]
    own = {"/health": show_health, "/health/live": show_alive, "/health/ready": show_ready, "/metrics": show_metrics}
    return Starlette(routes=[*(Route(path, show) for path, show in own.items()), *controls])
