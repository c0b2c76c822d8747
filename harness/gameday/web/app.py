"""The page's own small HTTP interface: the page, what happens as server-sent events, and what people press."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from harness.core.errors import FaultlineError
from harness.gameday.book import Entry
from harness.gameday.day import GameDay
from harness.gameday.signals import Point, Snapshot
from harness.gameday.surprise import Seat, shown_to_players
from harness.gameday.web.asking import Answer, Do, Pressing, entries_after
from harness.gameday.web.guarding import SEAT
from harness.guard.brake import Stopped
from harness.injecting.channel import Told
from harness.injecting.desk import told

BODY_MAX = 65_536
LISTENERS_MAX = 40
LOOK_EVERY_S = 0.2
SILENT_MAX_S = 2.0
"""Something is sent at least this often, so that a page knows that its server lives."""
NO_CACHE = {"Cache-Control": "no-store"}


class Verdict(msgspec.Struct, frozen=True):
    """What the day was judged as, once it was; `error` where it could not be."""

    verdict: str = ""
    reasons: tuple[str, ...] = ()
    folder: str = ""
    error: str = ""


class Moment(msgspec.Struct, frozen=True):
    """What is sent each second."""

    phase: str
    ends_at: float
    snapshot: Snapshot | None
    injections: Sequence[Told]
    stopped: Stopped | None
    entries: Sequence[Entry]
    verdict: Verdict | None
    rounds: Sequence[str] | None = None
    """The rounds of a sealed plan that are left; None for whoever must not know them."""


class Opening(msgspec.Struct, frozen=True):
    """What a page that was just opened is told beside: the points of its charts so far, and the roles."""

    points: Sequence[Point]
    roles: str
    people: Sequence[str]


@dataclass
class Shown:
    """What the page shows: the day, what people press, how it was judged; `document` makes the page for a nonce."""

    day: GameDay
    pressing: Pressing
    document: Callable[[str, Seat], str]
    folder: Path
    verdict: Verdict | None = None

    def moment(self, after: int, seat: Seat = Seat.FACILITATOR) -> Moment:
        """Return what there is now, with the book's entries after that number, as the one in this seat may see it."""
        whole = self._whole(after)
        surprise = self.pressing.surprise
        if surprise is None:
            return whole
        if seat is Seat.FACILITATOR:
            return msgspec.structs.replace(whole, rounds=[item.words for item in surprise.left])
        now = whole.snapshot
        hidden = msgspec.structs.replace(now, broken=[], dead=[]) if now is not None else None
        return msgspec.structs.replace(whole, snapshot=hidden, injections=[], entries=shown_to_players(whole.entries))

    def _whole(self, after: int) -> Moment:
        playing = self.day.playing
        return Moment(
            self.day.phase,
            self.day.ends_at,
            playing.signals.latest if playing else None,
            [told(item) for item in playing.live.injections] if playing else [],
            self.pressing.stopped,
            entries_after(self.pressing.book, after),
            self.verdict,
        )


def make_app(shown: Shown) -> FastAPI:
    """Return the application; `web.guarding.Guard` goes around it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    listening: set[int] = set()

    @app.get("/")
    async def page(request: Request) -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(shown.document(nonce, request.scope[SEAT]), headers={"Content-Security-Policy": policy})

    @app.get("/opening")
    async def opening() -> Response:
        playing = shown.day.playing
        points = list(playing.signals.points) if playing else []
        return _json(Opening(points, shown.pressing.roles_text(), shown.pressing.book.people))

    @app.get("/events")
    async def events(request: Request) -> Response:
        if len(listening) >= LISTENERS_MAX:
            return Response(status_code=503)
        return StreamingResponse(
            _moments(shown, listening, request.scope[SEAT]), media_type="text/event-stream", headers=NO_CACHE
        )

    @app.post("/do/{name}")
    async def do(name: str, request: Request) -> Response:
        body = await request.body()
        if len(body) > BODY_MAX:
            return _json(Answer(error="too much was sent", hint=f"at most {BODY_MAX} bytes"), 413)
        try:
            asked = msgspec.json.decode(body, type=Do)
        except msgspec.MsgspecError as error:
            return _json(Answer(error=str(error), hint="a JSON object with `by`"), 400)
        return await run_in_threadpool(_pressed, shown.pressing, name, asked, request.scope[SEAT])

    @app.get("/{name}.html")
    async def report(name: str) -> Response:
        path = shown.folder / f"{name}.html"
        if name not in ("report", "retro") or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, headers=NO_CACHE)

    return app


def _pressed(pressing: Pressing, name: str, do: Do, seat: Seat) -> Response:
    try:
        return _json(pressing.press(name, do, seat))
    except FaultlineError as error:
        return _json(Answer(error=str(error), hint=error.hint), 409)


async def _moments(shown: Shown, listening: set[int], seat: Seat) -> AsyncIterator[bytes]:
    """Yield what happens, about once a second; ends when whoever listens is gone."""
    me, after, silent_s = object(), 0, SILENT_MAX_S
    before: int | None = None
    listening.add(id(me))
    try:
        while True:
            moment = shown.moment(after, seat)
            second = moment.snapshot.at_s if moment.snapshot else None
            if second != before or moment.entries or silent_s >= SILENT_MAX_S:
                before, silent_s = second, 0.0
                after = moment.entries[-1].number if moment.entries else after
                yield b"data: " + msgspec.json.encode(moment) + b"\n\n"
            await asyncio.sleep(LOOK_EVERY_S)
            silent_s += LOOK_EVERY_S
    finally:
        listening.discard(id(me))


def _json(value: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
