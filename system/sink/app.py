"""The sink's two listeners: the merchants' endpoints, and the admin's."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.exposition import metrics_route
from system.sink.receiver import BODY_BYTES_MAX, Receiver

SIGNATURE_HEADER = "webhook-signature"


def build_public(receiver: Receiver) -> Starlette:
    """Return the application that the platform delivers to: ``POST /hooks/{merchant_id}``."""

    async def hook(request: Request) -> Response:
        chunks = bytearray()
        async for chunk in request.stream():
            chunks += chunk
            if len(chunks) > BODY_BYTES_MAX:
                return JSONResponse({"received": False}, status_code=413)
        merchant_id = request.path_params["merchant_id"]
        status = receiver.receive(merchant_id, request.headers.get(SIGNATURE_HEADER), bytes(chunks))
        return JSONResponse({"received": status == 200}, status_code=status)

    return Starlette(routes=[Route("/hooks/{merchant_id}", hook, methods=["POST"])])


def build_admin(name: str, receiver: Receiver) -> Starlette:
    """Return the admin application: what was received, reset, health."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"name": name, "role": "sink", "status": "ok", "events": len(receiver)})

    async def events(_request: Request) -> Response:
        return Response(msgspec.json.encode(receiver.rows()), media_type="application/json")

    async def reset(_request: Request) -> Response:
        receiver.reset()
        return JSONResponse({"status": "empty"})

    return Starlette(
        routes=[
            Route("/admin/health", health),
            Route("/admin/events", events),
            metrics_route({"sink_events": ("Deliveries received since the last reset", lambda: float(len(receiver)))}),
            Route("/admin/reset", reset, methods=["POST"]),
        ]
    )
