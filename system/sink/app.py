"""The sink's two listeners: the merchants' endpoints, and the admin's."""

import asyncio
import time

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.exposition import metrics_route
from system.gateways.common.connections import Connections
from system.sink.receiver import BODY_BYTES_MAX, Receiver, Taken
from system.sink.trouble import BadTrouble, Trouble

SIGNATURE_HEADER = "webhook-signature"
LOOK_S = 0.05
"""How often a waiting endpoint looks whether its caller is still there."""


def build_public(receiver: Receiver, connections: Connections | None = None) -> Starlette:
    """Return the application that the platform delivers to: ``POST /hooks/{merchant_id}``.

    ``/moved/{merchant_id}`` is where a redirect points. Whoever comes there followed it, and that is written down.
    """

    async def hook(request: Request) -> Response:
        return await _take(receiver, connections, request, redirected=False)

    async def moved(request: Request) -> Response:
        return await _take(receiver, connections, request, redirected=True)

    methods = ["POST", "GET"]
    return Starlette(
        routes=[
            Route("/hooks/{merchant_id}", hook, methods=["POST"]),
            Route("/moved/{merchant_id}", moved, methods=methods),
        ]
    )


async def _take(receiver: Receiver, connections: Connections | None, request: Request, *, redirected: bool) -> Response:
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > BODY_BYTES_MAX:
            return JSONResponse({"received": False}, status_code=413)
    merchant_id = request.path_params["merchant_id"]
    taken = receiver.take(merchant_id, request.headers.get(SIGNATURE_HEADER), bytes(chunks), redirected=redirected)
    if taken.trouble is not None and not await _endure(taken.trouble, request, connections):
        return Response(status_code=500)  # nobody is there to hear it
    status, headers = _answer(taken, request)
    receiver.answered(taken, status)
    return JSONResponse({"received": 200 <= status < 300}, status_code=status, headers=headers)


def _answer(taken: Taken, request: Request) -> tuple[int, dict[str, str]]:
    trouble = taken.trouble
    if trouble is None or trouble.kind == "sink_slow":
        return taken.status, {}
    headers = {}
    if trouble.kind == "sink_redirect":
        headers["Location"] = str(request.url).replace("/hooks/", "/moved/")
    return int(trouble.parameters["status"]), headers


async def _endure(trouble: Trouble, request: Request, connections: Connections | None) -> bool:
    """Do what the trouble does before an answer; False where none can be given any more."""
    waiting = trouble.kind in ("sink_slow", "sink_hang")
    until = time.monotonic() + (float(trouble.parameters["ms"]) / 1000 if waiting else 0.0)
    while time.monotonic() < until:
        if await request.is_disconnected():
            return False
        await asyncio.sleep(LOOK_S)
    if trouble.kind in ("sink_hang", "sink_close"):
        if connections is not None and request.client is not None:
            connections.end((request.client.host, request.client.port), reset=False)
        return False
    return True


def build_admin(name: str, receiver: Receiver) -> Starlette:
    """Return the admin application: what was received, reset, health, and what makes the endpoints difficult."""
    troubles = receiver.troubles

    async def health(_request: Request) -> Response:
        return JSONResponse({"name": name, "role": "sink", "status": "ok", "events": len(receiver)})

    async def events(_request: Request) -> Response:
        return Response(msgspec.json.encode(receiver.rows()), media_type="application/json")

    async def reset(_request: Request) -> Response:
        receiver.reset()
        return JSONResponse({"status": "empty"})

    async def arm(request: Request) -> Response:
        try:
            return JSONResponse(troubles.arm(msgspec.json.decode(await request.body())), status_code=201)
        except (BadTrouble, msgspec.DecodeError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)

    async def list_faults(_request: Request) -> Response:
        return JSONResponse(troubles.rows())

    async def disarm(request: Request) -> Response:
        found = troubles.disarm(request.path_params["fault_id"])
        return JSONResponse({"removed": found}, status_code=200 if found else 404)

    return Starlette(
        routes=[
            Route("/admin/health", health),
            Route("/admin/events", events),
            metrics_route({"sink_events": ("Deliveries received since the last reset", lambda: float(len(receiver)))}),
            Route("/admin/reset", reset, methods=["POST"]),
            Route("/admin/faults", arm, methods=["POST"]),
            Route("/admin/faults", list_faults),
            Route("/admin/faults/{fault_id}", disarm, methods=["DELETE"]),
        ]
    )
