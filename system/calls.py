"""What this process called and how far each call got, for whoever asks later whether a link was broken.

A call is kept in memory and told on standard output a few times a second, many on one line: never a row in a database,
and nothing that a payment waits for. Times are the host's own (a clock that was moved does not move them). Nothing is
kept before `begin`, so that only a process of its own tells of its calls.
"""

import asyncio
import os
import time
from functools import cache
from urllib.parse import urlsplit

import aiohttp
import msgspec

FLUSH_S = 0.5
PENDING_MAX = 500
ANSWERED = "answered"

_encoder = msgspec.json.Encoder()
_process = ""
_pending: list[tuple[int, int, int, str, int | None, str]] = []


@cache
def port_of(url: str) -> int:
    """The port that a url names. Each link has one of its own, so it says which link a call goes over."""
    return urlsplit(url).port or 0


def now_us() -> int:
    """Now by the host's clock, in microseconds since the epoch."""
    return time.time_ns() // 1000


def begin(process: str) -> None:
    """Keep the calls of this process from now on, under its name; '' keeps none."""
    global _process
    _process = process
    _pending.clear()


def note(port: int, began_us: int, phase: str, status: int | None = None, about: str = "") -> None:
    """Keep a call that ends now. ``about`` names its request, by which whoever else spoilt it is known.

    ``phase`` is how far it got, as a gateway's connector tells it (``answered``, ``refused``, ``reset``, ...), and
    ``status`` the HTTP status of an answer.
    """
    if not _process:
        return
    _pending.append((port, began_us, now_us() - began_us, phase, status, "" if phase == ANSWERED else about))
    if len(_pending) >= PENDING_MAX:
        flush()


def broken(failure: Exception) -> str:
    """How far a call got that ended with this error of the HTTP client, where nobody watched it closer."""
    if isinstance(failure, aiohttp.ClientConnectorError):
        return "refused"
    return "sent" if isinstance(failure, TimeoutError) else "reset"


def flush() -> None:
    """Tell what is kept."""
    if not _pending:
        return
    line = _encoder.encode({"process": _process, "level": "info", "event": "calls", "calls": _pending}) + b"\n"
    _pending.clear()
    while line:
        line = line[os.write(1, line) :]


async def tell() -> None:
    """Tell what is kept, a few times a second, and what is left when this is cancelled."""
    try:
        while True:
            await asyncio.sleep(FLUSH_S)
            flush()
    finally:
        flush()
