"""The harness's own questions to a system that is not ours: through its adapter, and never with a silent failure."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

import requests

from harness.core.adapter import MERCHANT, Adapter, Charge, Record, Reply, Request, Seen, request_headers
from harness.core.errors import ControlError
from harness.provision.http import session
from harness.targets.remote.checking import checked_charges, checked_records, checked_seen, gateways_of

_Given = TypeVar("_Given")


def exchange(adapter: Adapter, url: str, request: Request, merchant: str) -> Reply:
    """Send one request of a merchant to the replica at `url` and return its answer. Raises `ControlError`."""
    try:
        reply = session().request(
            request.method,
            f"{url.rstrip('/')}{request.path}",
            data=request.body or None,
            headers=request_headers(adapter, request, merchant),
            timeout=adapter.patience_s,
            verify=adapter.ca_file or True,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise ControlError(f"{url} does not answer: {why(error)}") from error
    headers = {name.lower(): value.lower() for name, value in reply.headers.items()}
    return Reply(reply.status_code, headers, reply.content)


def look(adapter: Adapter, url: str, reference: str, merchant: str = MERCHANT) -> Sequence[Seen]:
    """Return the payments with this reference, as the replica at `url` shows them. Raises `ControlError`."""
    reply = exchange(adapter, url, said("look", lambda: adapter.look(reference)), merchant)
    return checked_seen(listed("found", lambda: adapter.found(reply, reference)))


def charges(adapter: Adapter, since_us: int = 0) -> Sequence[Charge]:
    """Return the gateway's charges, at least those made since then.

    Raises `ControlError` where they cannot be had, or a field of one cannot be.
    """
    found = listed("charges", since(adapter.charges, since_us))
    return checked_charges(found, gateways_of(adapter.links), adapter.merchants)


def payments(adapter: Adapter, since_us: int = 0) -> Sequence[Record]:
    """Return the system's books, as `charges` returns the gateway's."""
    found = listed("payments", since(adapter.payments, since_us))
    return checked_records(found, gateways_of(adapter.links), adapter.merchants)


def since(method: Callable[..., Iterable[_Given]], since_us: int) -> Callable[[], Iterable[_Given]]:
    """Return the listing method ready to be called: with `since_us` where it takes that."""
    takes = "since_us" in inspect.signature(method).parameters
    return partial(method, since_us=since_us) if takes else method


def why(error: requests.RequestException) -> str:
    """Return in a word or two why a request got no answer."""
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS: {error}"
    return "timed out" if isinstance(error, requests.Timeout) else type(error).__name__


def listed(what: str, ask: Callable[[], Iterable[_Given]]) -> list[_Given]:
    """Return everything that a method of the adapter lists. Raises `ControlError` naming the method."""
    return said(what, lambda: list(ask()))


def said(what: str, ask: Callable[[], _Given]) -> _Given:
    """Return what a method of the adapter returns. Raises `ControlError` naming the method for whatever it raises."""
    try:
        return ask()
    except Exception as error:
        raise ControlError(
            f"the adapter's {what}() failed: {type(error).__name__}: {error}", hint="correct the adapter"
        ) from error
