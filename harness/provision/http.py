"""Small HTTP calls to the platform's own admin listeners: always a timeout, never a silent failure, no proxies."""

import threading
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import requests

from harness.core.errors import ControlError

_Kind = TypeVar("_Kind")
_threads = threading.local()


def session(*, keep: bool = False) -> requests.Session:
    """Return this thread's session, which ignores the environment's proxies (all traffic is to 127.0.0.1).

    It keeps no connection: one that the server closes at this very moment would look like a server that died. With
    `keep` it does: for many reads in a row, by whoever asks again where one fails.
    """
    name = "keeping" if keep else "session"
    found: requests.Session | None = getattr(_threads, name, None)
    if found is None:
        found = requests.Session()
        found.trust_env = False
        if not keep:
            found.headers["Connection"] = "close"
        setattr(_threads, name, found)
    return found


def call(
    method: str,
    url: str,
    *,
    json: object = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 5.0,
    accept: tuple[int, ...] = (),
    keep: bool = False,
) -> Any:
    """Return the decoded JSON reply (None when it has no body). `keep` is for many reads in a row (see `session`).

    Raises `ControlError` naming the call and its reply for anything but a 2xx or a status in `accept`.
    """
    try:
        reply = session(keep=keep).request(
            method, url, json=json, params=params, headers=dict(headers or {}), timeout=timeout_s
        )
    except requests.RequestException as error:
        raise ControlError(f"{method} {url} got no answer: {_cause(error)}") from error
    if not reply.ok and reply.status_code not in accept:
        raise ControlError(f"{method} {url} answered {reply.status_code}: {reply.text[:300]}")
    if not reply.content:
        return None
    try:
        return reply.json()
    except ValueError as error:
        raise ControlError(f"{method} {url} answered something that is not JSON: {reply.text[:100]!r}") from error


def called(kind: type[_Kind], url: str, *, timeout_s: float = 5.0) -> _Kind:
    """Return the reply to a GET as a value of this type. Raises `ControlError` as `call`, and for another shape."""
    try:
        return msgspec.convert(call("GET", url, timeout_s=timeout_s), kind)
    except msgspec.ValidationError as error:
        raise ControlError(f"GET {url} answered something else than expected: {error}") from error


def answers(url: str, *, timeout_s: float = 1.0, any_status: bool = False) -> bool:
    """Tell whether a GET is answered, with a 2xx status or with `any_status`."""
    try:
        reply = session().get(url, timeout=timeout_s)
        return any_status or bool(reply.ok)
    except requests.RequestException:
        return False


def _cause(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.ConnectionError):
        return "connection refused or closed"
    return type(error).__name__
