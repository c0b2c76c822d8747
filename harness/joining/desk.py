"""What the run answers to the hosts that join it: the job, its clock, the start; and it takes their files."""

import re
import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.joining.code import code_digest
from harness.joining.gathering import Gathering
from harness.joining.messages import TICKET_HEADER, ClockReply, Ended, JoinReply, JoinRequest, Size, StartReply
from harness.joining.roster import Roster

CHUNK_BYTES = 1 << 20
"""The most that one request may carry of a file."""

_NAME = re.compile(r"(?:history-(?P<h>\d+)\.jsonl|load-(?P<l>\d+)\.json|ready-(?P<r>\d+)|load-(?P<log>\d+)\.log)")


class Desk:
    """Answers requests (`app`), on the server's thread. Whoever else looks at `roster` holds `lock`.

    `job` is the load's job as `write_job` wrote it; files go below the run's `folder`; `over` calls the load off.
    """

    def __init__(
        self, gathering: Gathering, folder: Path, job: dict[str, Any], told_start_us: Callable[[], int | None]
    ) -> None:
        self.roster, self.lock, self.over = Roster(gathering.workers), threading.Lock(), False
        self._ticket = secrets.token_urlsafe(12)
        self._replicas = frozenset(job.get("api_urls", ()))
        self._gathering, self._folder, self._job, self._told_start_us = gathering, folder, job, told_start_us

    def app(self) -> Starlette:
        """Return the application that a server serves."""
        paths: dict[str, tuple[str, Callable[[Request], Awaitable[Response]]]] = {
            "/v1/join": ("POST", self._join),
            "/v1/clock": ("GET", self._clock),
            "/v1/start": ("GET", self._start),
            "/v1/files/{name}": ("PUT", self._file),
            "/v1/ended": ("POST", self._ended),
        }
        return Starlette(routes=[Route(path, self._guarded(do), methods=[verb]) for path, (verb, do) in paths.items()])

    def _guarded(self, do: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not secrets.compare_digest(given.encode(), self._gathering.token.encode()):
                raise HTTPException(401, "the token is not this run's")
            if request.url.path not in ("/v1/join", "/v1/clock"):
                self._check_ticket(request)
            try:
                return await do(request)
            except (msgspec.MsgspecError, KeyError, ValueError) as error:
                raise HTTPException(400, f"{type(error).__name__}: {error}") from error

        return answer

    def _check_ticket(self, request: Request) -> None:
        if request.headers.get(TICKET_HEADER) != self._ticket:
            raise HTTPException(410, "the run that this host joined is over")

    async def _join(self, request: Request) -> Response:
        asked = msgspec.json.decode(await request.body(), type=JoinRequest)
        if asked.code != code_digest():
            raise HTTPException(426, "this host's load generator is not the run's: install the same Faultline")
        if strange := sorted(set(asked.replicas) - self._replicas):
            raise HTTPException(
                422, f"it has no replica {', '.join(strange)}; valid: {', '.join(sorted(self._replicas))}"
            )
        with self.lock:
            free, shares = self.roster.free, self.roster.join(asked)
            self.roster.write(self._folder / "raw")
        if not shares:
            raise HTTPException(409, f"the run wants {free} more workers, not {asked.workers}")
        return _reply(JoinReply(self._folder.name, self._ticket, shares, self._job, self._gathering.master_port))

    async def _clock(self, _request: Request) -> Response:
        return _reply(ClockReply(time.time_ns() // 1000))

    async def _start(self, request: Request) -> Response:
        with self.lock:
            for share in request.query_params.getlist("share"):
                self.roster.heard(int(share))
        return _reply(StartReply(self._told_start_us(), self.over))

    async def _file(self, request: Request) -> Response:
        path, share = self._place_of(request.path_params["name"])
        if int(request.headers.get("content-length", "0")) > CHUNK_BYTES:
            raise HTTPException(413, f"at most {CHUNK_BYTES} bytes at once")
        data, offset = await self._received(request, share), int(request.query_params.get("offset", "0"))
        size = path.stat().st_size if path.exists() else 0
        if offset == size:  # else it was sent before and the answer got lost: say what is here
            with path.open("ab") as file:
                file.write(data)
            size += len(data)
        return _reply(Size(size))

    async def _received(self, request: Request, share: int) -> bytes:
        """Return the body. On a slow way it takes long, and its host is heard of with each piece."""
        pieces = []
        async for piece in request.stream():
            pieces.append(piece)
            with self.lock:
                self.roster.heard(share)
        return b"".join(pieces)

    def _place_of(self, name: str) -> tuple[Path, int]:
        """Return where a file belongs, and whose it is: a worker's that has joined; nothing else can be written."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"no file is called {name}")
        share = next(int(number) for number in match.groups() if number is not None)
        with self.lock:
            self.roster.heard(share)
        return self._folder / ("logs" if match["log"] else "raw") / name, share

    async def _ended(self, request: Request) -> Response:
        ended = msgspec.json.decode(await request.body(), type=Ended)
        with self.lock:
            self.roster.end(ended)
            self.roster.write(self._folder / "raw")
        return Response(status_code=204)


def _reply(message: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(message), media_type="application/json")
