"""Who may ask: whoever knows the word in the address, from a page of this very server, by this machine's name.

The word is the right to break things. It is compared in constant time; a request without it is told nothing. `Host`
must name this machine, so that no name that was made to lead here opens anything (DNS rebinding); a request that a page
of another origin makes carries an `Origin` of its own and is refused.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping

from starlette.types import Message, Receive, Scope, Send

from harness.gameday.surprise import Seat

App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/t/"
SEAT = "faultline.seat"
HEADERS = (
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Lets through what may ask, without the word in its path; answers everything else with 403 and nothing more."""

    def __init__(self, app: App, words: Mapping[str, Seat], port: int) -> None:
        """`words` has the seat that each word opens; who answers finds it in the scope's `SEAT`."""
        self._app = app
        self._words = {word.encode(): seat for word, seat in words.items()}
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] != "http":
            return
        seat = self._seat(scope)
        if seat is None:
            await send({"type": "http.response.start", "status": 403, "headers": list(HEADERS)})
            await send({"type": "http.response.body", "body": b""})
            return
        _, _, rest = str(scope["path"]).removeprefix(PREFIX).partition("/")
        inner = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode(), SEAT: seat}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(inner, receive, with_headers)

    def _seat(self, scope: Scope) -> Seat | None:
        """Return the seat of whoever asks; None for whoever may not. Every word is compared, whichever is right."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        hosts, origins = headers.get(b"host", []), headers.get(b"origin", [])
        path = str(scope["path"])
        given = path.removeprefix(PREFIX).partition("/")[0] if path.startswith(PREFIX) else ""
        found = [seat for word, seat in self._words.items() if hmac.compare_digest(given.encode(), word)]
        here = len(hosts) == 1 and hosts[0] in self._hosts and all(origin in self._origins for origin in origins)
        return found[0] if here and found else None
