"""The admin listener: books, faults, reset. It is never part of what a scenario breaks."""

import time
from collections.abc import Callable

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.exposition import metrics_route
from system.gateways.common.books import Books
from system.gateways.common.money import Currencies
from system.gateways.common.plan import BadFault, FaultPlan
from system.json_body import InvalidJson, decode


def build_admin(
    name: str,
    books: Books,
    plan: FaultPlan,
    currencies: Currencies,
    *,
    requests: Callable[[], int],
    reset: Callable[[], None],
) -> Starlette:
    """Return the admin application of one gateway."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"name": name, "role": "gateway", "status": "ok", "faults": len(plan.rows())})

    async def read_books(_request: Request) -> Response:
        return Response(msgspec.json.encode(books.snapshot()), media_type="application/json")

    async def read_currencies(_request: Request) -> Response:
        return JSONResponse({"gateway": name, **currencies.published()})

    async def stats(_request: Request) -> Response:
        return JSONResponse({"cpu_s": time.process_time(), "requests": requests()})

    async def empty(_request: Request) -> Response:
        reset()
        return JSONResponse({"status": "empty"})

    async def arm(request: Request) -> Response:
        try:
            spec = decode(await request.body())
            armed = plan.arm(spec)
        except (BadFault, InvalidJson) as error:
            return JSONResponse({"error": str(error), "kinds": plan.kinds}, status_code=422)
        planted = next(row for row in plan.rows() if row["id"] == armed)
        return JSONResponse(planted, status_code=201)

    async def list_faults(_request: Request) -> Response:
        return JSONResponse(plan.rows())

    async def disarm(request: Request) -> Response:
        found = plan.disarm(request.path_params["fault_id"])
        return JSONResponse({"removed": found}, status_code=200 if found else 404)

    return Starlette(
        routes=[
            Route("/admin/health", health),
            Route("/admin/books", read_books),
            Route("/admin/currencies", read_currencies),
            Route("/admin/stats", stats),
            metrics_route(
                {
                    "gateway_requests": ("Requests since the start", lambda: float(requests())),
                    "gateway_planted_faults": ("Faults that are planted now", lambda: float(len(plan.rows()))),
                }
            ),
            Route("/admin/reset", empty, methods=["POST"]),
            Route("/admin/faults", arm, methods=["POST"]),
            Route("/admin/faults", list_faults),
            Route("/admin/faults/{fault_id}", disarm, methods=["DELETE"]),
        ]
    )
