"""``POST /internal/api/system/application-clock``: time that passes at once. Only where ``PAY_ALLOW_RESET`` says so.

The offset stands in the database, beside the routing, so that every process learns it in the poll that it makes anyway
and acknowledges it by the routing's version; SQL takes it from there. It only grows: a business date or a period that
was decided does not come a second time. A reset takes it back to nothing, together with all that was decided by it.
"""

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import acting
from system.api.handling import Service, respond
from system.clock import follow_app, now_us
from system.core.failures import Refused
from system.shared_state import read_routing
from system.store.connection import Connection

ACKNOWLEDGE_TIMEOUT_S = 5.0
OFFSET_MAX_S = 10 * 365 * 86_400

MOVE = """
UPDATE pay.routing SET clock_offset_us = %(offset_us)s, version = version + 1, updated_at_us = %(now_us)s
WHERE clock_offset_us <= %(offset_us)s
"""


async def move(service: Service, request: Request, correlation: str) -> Response:
    """Let the application's time be ``offset_s`` ahead: 200 when every live process has it, 202 with the laggards."""
    async with acting(service, request, correlation, "move_application_clock", "clock") as act:
        if not service.platform.settings.allow_reset:
            raise Refused(403, "invalid_request_error", "clock_not_movable", "This platform lives in the real time.")
        offset = (await act.body(frozenset({"offset_s"}))).get("offset_s")
        if isinstance(offset, bool) or not isinstance(offset, int) or not 0 <= offset <= OFFSET_MAX_S:
            message = f"offset_s must be a whole number of seconds from 0 to {OFFSET_MAX_S}."
            raise parse.invalid("parameter_invalid", message, "offset_s")
        async with service.platform.database.connection() as connection, connection.transaction():
            await _write(connection, offset)
            await act.note(connection, "done", f"offset_s: {offset}")
    follow_app(offset * 1_000_000)
    async with service.platform.database.connection() as connection:
        routing = await read_routing(connection)
    assert routing is not None
    laggards = await service.platform.shared.laggards(routing, ACKNOWLEDGE_TIMEOUT_S)
    body = {"offset_s": offset, "acknowledged": not laggards, "laggards": laggards}
    return respond(correlation, 200 if not laggards else 202, body)


async def _write(connection: Connection, offset_s: int) -> None:
    """Raises Refused where it would go back, or where there is nothing to write into."""
    moved = await connection.execute(MOVE, {"offset_us": offset_s * 1_000_000, "now_us": now_us()})
    if moved.rowcount:
        return
    if await read_routing(connection) is None:
        raise Refused(503, "api_error", "not_set_up", "The platform's database is not set up.")
    raise Refused(
        409,
        "invalid_request_error",
        "clock_backwards",
        "The application's time is further ahead already; only a reset takes it back.",
        param="offset_s",
    )
