"""Nothing is told to whoever does not know the word, asks from elsewhere, or by another name."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.gameday.surprise import Seat
from harness.gameday.web.guarding import SEAT, Guard, Receive, Scope, Send

HERE = (b"host", b"127.0.0.1:8123")


@dataclass
class Reply:
    status: int = 0
    body: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{scope['path']} {scope[SEAT]}".encode()})


def ask(path: str, *headers: tuple[bytes, bytes], kind: str = "http") -> Reply:
    """Send one request through the guard; return what came back."""
    reply = Reply()

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            reply.status, reply.headers = message["status"], dict(message["headers"])
        else:
            reply.body += message["body"]

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": kind, "path": path, "headers": list(headers)}
    asyncio.run(Guard(_inner, {"s3cret": Seat.PLAYER, "0ther": Seat.FACILITATOR}, 8123)(scope, receive, send))
    return reply


@pytest.mark.parametrize(
    ("path", "inner"), [("/t/s3cret/", b"/ player"), ("/t/0ther/do/stop", b"/do/stop facilitator")]
)
@pytest.mark.parametrize("host", [b"127.0.0.1:8123", b"localhost:8123"])
def test_the_word_opens_and_is_kept_from_whoever_answers(path: str, inner: bytes, host: bytes) -> None:
    reply = ask(path, (b"host", host))
    assert (reply.status, reply.body) == (200, inner)
    assert reply.headers[b"referrer-policy"] == b"no-referrer"
    assert reply.headers[b"cache-control"] == b"no-store"


@pytest.mark.parametrize(
    "path", ["/", "/events", "/t/", "/t//events", "/t/s3cre/", "/t/s3crett/", "/x/s3cret/", "/t/ß/"]
)
def test_without_the_word_nothing_is_told(path: str) -> None:
    reply = ask(path, HERE)
    assert (reply.status, reply.body) == (403, b"")


@pytest.mark.parametrize(
    "host", [b"evil.example:8123", b"127.0.0.1", b"127.0.0.1:9999", b"127.0.0.1.evil.example:8123"]
)
def test_another_name_for_this_machine_opens_nothing(host: bytes) -> None:
    assert ask("/t/s3cret/", (b"host", host)).status == 403


def test_a_request_with_no_name_or_two_opens_nothing() -> None:
    assert ask("/t/s3cret/").status == 403
    assert ask("/t/s3cret/", HERE, (b"host", b"evil.example")).status == 403


@pytest.mark.parametrize(
    "origin", [b"http://evil.example", b"null", b"https://127.0.0.1:8123", b"http://127.0.0.1:9999"]
)
def test_a_page_of_another_origin_may_press_nothing(origin: bytes) -> None:
    assert ask("/t/s3cret/do/stop", HERE, (b"origin", origin)).status == 403


def test_our_own_page_may() -> None:
    assert ask("/t/s3cret/do/stop", HERE, (b"origin", b"http://127.0.0.1:8123")).status == 200


def test_nothing_but_http_is_answered() -> None:
    assert ask("/t/s3cret/", HERE, kind="websocket").status == 0
