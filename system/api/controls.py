"""Test controls of one process: die at a named crash point, live in another time. For operators, and only where
``PAY_ALLOW_TEST_CONTROLS`` says so. Nothing here needs the database, so that everything can be taken back at any time.
"""

from starlette.requests import Request
from starlette.responses import Response

from system import crashpoints
from system.api import parse
from system.api.handling import Service, read_body, respond
from system.clock import offset_s, set_offset
from system.core.failures import Refused
from system.json_body import JsonObject

OFFSET_MAX_S = 10 * 365 * 86400.0


async def _asked(service: Service, request: Request, known: frozenset[str]) -> JsonObject:
    """The body of an allowed operator's request. Raises Refused (401, 403, 400)."""
    service.authenticator.operator(request.headers)
    if not service.platform.settings.allow_test_controls:
        raise Refused(403, "invalid_request_error", "controls_not_allowed", "This platform has no test controls.")
    return parse.json_object(request.headers, await read_body(request), known)


async def list_points(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/crash-points``: every crash point that the code has, for everyone."""
    return respond(correlation, 200, {"points": crashpoints.published()})


async def crash_point(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/crash-point``: arm the point that ``point`` names; none (null) disarms."""
    body = await _asked(service, request, frozenset({"point"}))
    name, file = body.get("point"), service.platform.settings.crash_file
    if name is None:
        crashpoints.disarm()
    elif file is None:
        raise Refused(403, "invalid_request_error", "controls_not_allowed", "This process has no PAY_CRASH_FILE.")
    else:
        try:
            crashpoints.arm(str(name), service.platform.role, file)
        except ValueError as error:
            raise parse.invalid("crash_point_unknown", f"{error}.", "point") from None
    service.platform.log.warning("crash_point", point=crashpoints.armed() or None)
    return respond(correlation, 200, {"point": crashpoints.armed() or None})


async def clock(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/system/clock``: let this process's clock be ``offset_s`` seconds ahead of the host's."""
    body = await _asked(service, request, frozenset({"offset_s"}))
    offset = body.get("offset_s")
    if isinstance(offset, bool) or not isinstance(offset, int | float) or not abs(offset) <= OFFSET_MAX_S:
        raise parse.invalid("parameter_invalid", f"offset_s must be a number up to {OFFSET_MAX_S:.0f}.", "offset_s")
    set_offset(float(offset))
    service.platform.log.warning("clock", offset_s=offset_s())
    return respond(correlation, 200, {"offset_s": offset_s()})


CONTROLS = (
    ("POST", "/internal/api/system/crash-point", crash_point),
    ("POST", "/internal/api/system/clock", clock),
)
"""What every process offers, the worker too."""
