"""The worker's admin listener: `/health` and `/metrics`."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.api.health import BACKLOG_TIMEOUT_S, backlog, health, metrics
from system.breakers.shared import DATABASE_TROUBLE
from system.platform import Platform


def admin_app(platform: Platform) -> Starlette:
    """Return the listener's application."""

    async def show_health(request: Request) -> Response:
        report = health(platform)
        try:
            async with asyncio.timeout(BACKLOG_TIMEOUT_S):
                report["backlog"] = await backlog(platform)
        except (*DATABASE_TROUBLE, TimeoutError):  # health answers even when the database does not
            report["backlog"] = None
        return JSONResponse(report)

    async def show_metrics(request: Request) -> Response:
        return Response(await metrics(platform), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[Route("/health", show_health), Route("/metrics", show_metrics)])
