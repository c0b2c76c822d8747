"""The harness's own questions to a system that is not ours: through its adapter, and never with a silent failure."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import requests

from harness.core.adapter import Adapter, Charge, Record, Reply, Seen
from harness.core.errors import ControlError
from harness.provision.http import session
from harness.targets.remote.checking import checked_charges, checked_records, checked_seen, gateways_of

TIMEOUT_S = 5.0
_Given = TypeVar("_Given")


def look(adapter: Adapter, url: str, reference: str) -> Sequence[Seen]:
    """Return the payments with this reference, as the replica at `url` shows them. Raises `ControlError`."""
    request = said("look", lambda: adapter.look(reference))
    try:
        reply = session().request(
            request.method,
            f"{url}{request.path}",
            data=request.body or None,
            headers={"Content-Type": "application/json", **request.headers},
            timeout=TIMEOUT_S,
        )
    except requests.RequestException as error:
        raise ControlError(f"{url} does not answer: {type(error).__name__}") from error
    headers = {name.lower(): value.lower() for name, value in reply.headers.items()}
    return checked_seen(listed("found", lambda: adapter.found(Reply(reply.status_code, headers, reply.content))))


def charges(adapter: Adapter) -> Sequence[Charge]:
    """Return the gateway's charges. Raises `ControlError` where they cannot be had, or a field of one cannot be."""
    return checked_charges(listed("charges", adapter.charges), gateways_of(adapter.links))


def payments(adapter: Adapter) -> Sequence[Record]:
    """Return the system's books. Raises `ControlError` where they cannot be had, or a field of one cannot be."""
    return checked_records(listed("payments", adapter.payments), gateways_of(adapter.links))


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
