"""`python -m tests.clients.counted_api FILE`: one replica of the API, with lines in FILE of each POST that reaches it.

A line says the idempotency key when the request came; a second one adds the status when the answer left.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

from system.api.app import make_app
from system.platform import Platform
from system.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Counted:
    """An application that notes each POST, and does what the one inside does."""

    def __init__(self, app: Any, path: Path) -> None:
        self._app = app
        self._file = path.open("a", buffering=1)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        key = dict(scope["headers"]).get(b"idempotency-key", b"").decode()
        self._note(key=key)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                replayed = any(name == b"idempotent-replayed" for name, _ in message["headers"])
                self._note(key=key, status=message["status"], replayed=replayed)
            await send(message)

        await self._app(scope, receive, noted)

    def _note(self, **line: object) -> None:
        self._file.write(json.dumps(line) + "\n")


async def serve(path: Path) -> None:
    """Serve until SIGTERM."""
    settings = Settings()
    app = make_app(await Platform.start(settings, role="api"))
    config = uvicorn.Config(Counted(app, path), host=settings.host, port=settings.port, log_level="warning")
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
