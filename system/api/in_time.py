"""Every merchant's request is answered before its client gives up, whatever it waits for."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from system.api.handling import Service
from system.core.failures import database_trouble, still_in_progress

Operation = Callable[[Service, Request, str], Awaitable[Response]]


def in_time(operation: Operation) -> Operation:
    """The operation with the platform's own limit: beyond it a read is refused, and a change is "ask again".

    What is too late goes on and is not cancelled: a cancelled wait for a standby is a COMMIT on one disk only.
    """
    late: set[asyncio.Task[Response]] = set()

    def end(task: "asyncio.Task[Response]") -> None:
        late.discard(task)
        if not task.cancelled():
            task.exception()  # its caller has been answered

    async def run(service: Service, request: Request, correlation: str) -> Response:
        task = asyncio.ensure_future(operation(service, request, correlation))
        done, _ = await asyncio.wait({task}, timeout=service.platform.seams.patience.answer_s)
        if done:
            return task.result()
        late.add(task)
        task.add_done_callback(end)
        service.platform.log.warning("answered_before_the_end", correlation_id=correlation, method=request.method)
        raise database_trouble(definite=True) if request.method == "GET" else still_in_progress()

    return run
