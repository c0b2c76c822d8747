"""Serves the page from a thread of the harness, on 127.0.0.1 and a port that is free."""

import secrets
import socket
import threading
from contextlib import AbstractContextManager

import uvicorn

from harness.core.errors import UsageError
from harness.gameday.surprise import Seat
from harness.gameday.web.app import Shown, make_app
from harness.gameday.web.guarding import PREFIX, Guard

STOP_S = 3


class Serving(AbstractContextManager["Serving"]):
    """The page while the block lasts. Raises `UsageError` where the port that was asked for is taken."""

    def __init__(self, shown: Shown, port: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
            # Whoever is told the address may ask at once: they wait until the server takes over, and are not refused.
            self._socket.listen()
        except OSError as error:
            self._socket.close()
            raise UsageError(f"--port: {port} cannot be used: {error.strerror}", hint="leave it out") from error
        bound = int(self._socket.getsockname()[1])
        words = {secrets.token_urlsafe(24): seat for seat in Seat}
        urls = {seat: f"http://127.0.0.1:{bound}{PREFIX}{word}/" for word, seat in words.items()}
        self.url = urls[Seat.PLAYER]
        self.facilitator_url = urls[Seat.FACILITATOR]
        """Where a surprise is led; on any other day it is as good as the other one."""
        config = uvicorn.Config(
            Guard(make_app(shown), words, bound),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=STOP_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="gameday-page", daemon=True
        )

    def __enter__(self) -> "Serving":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=STOP_S + 5)
        self._socket.close()
