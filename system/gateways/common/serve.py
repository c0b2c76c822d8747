"""Runs several uvicorn servers in one event loop, for one process with a public and an admin listener."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp


class QuietServer(uvicorn.Server):
    """A server that leaves the process's signals alone: two of them share one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


Protocol = type[asyncio.Protocol] | Literal["httptools"]


def server(app: ASGIApp, host: str, port: int, *, protocol: Protocol = "httptools") -> QuietServer:
    """Return a server that logs nothing by itself and ends within a second when asked to."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        # Longer than any client keeps an idle connection: otherwise a request could meet a closing one and look lost.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return QuietServer(config)


async def serve(servers: list[QuietServer], background: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    """Serve until SIGTERM or SIGINT, with the background work around it."""

    def stop() -> None:
        for one in servers:
            one.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with background():
        # A full collection in the middle of traffic costs tens of milliseconds, more the larger the books. What exists
        # now never becomes garbage, what comes is mostly kept for good: look at the young ones only.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 1000)
        await asyncio.gather(*(one.serve() for one in servers))


@contextlib.asynccontextmanager
async def running(task: "asyncio.Task[None]") -> AsyncIterator[None]:
    """Keep a background task for as long as the block lasts."""
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
