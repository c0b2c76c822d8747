"""Emptying the platform between two runs: new books, empty queues, closed breakers, whole links. Verified."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from harness.core.errors import ControlError, HarnessError
from harness.provision.http import call
from harness.targets.in_use import absent
from harness.targets.plumbing import Plumbing, Started
from harness.targets.steadiness import unsteady
from harness.targets.topology import reset_urls
from harness.targets.warming import warm

_ATTEMPTS = 3
_VERIFY_DEADLINE_S = 5.0
_RESET_TIMEOUT_S = 15.0


def reset(parts: Plumbing, started: Started) -> None:
    """Make the platform whole, empty and warm.

    The database comes first: a primary with all its standbys, whatever the last run did to them. Raises
    `ProvisionError` when that does not come, `HarnessError` saying what is not empty when it does not come to rest.
    """
    parts.links.restore_all()
    parts.cluster.repair()
    _come_to_rest(parts, started)
    warm(parts)
    _await(lambda: unsteady(parts, started))
    _come_to_rest(parts, started)


def _come_to_rest(parts: Plumbing, started: Started) -> None:
    """Empty everything, and again when something that was still under way wrote into the new books."""
    reason = ""
    for _ in range(_ATTEMPTS):
        parts.links.restore_all()
        _empty(parts)
        # What is in a ledger by now never goes away by itself: there is nothing to wait for.
        reason = _filled_ledgers(parts) or _await(lambda: unsteady(parts, started)) or _filled_ledgers(parts)
        if not reason:
            return
    raise HarnessError(
        f"the platform is not empty after {_ATTEMPTS} resets: {reason}", hint="`faultline down`, then run again"
    )


def _empty(parts: Plumbing) -> None:
    urls = reset_urls(parts.ports, absent(parts.state.settings)).values()
    with ThreadPoolExecutor(max_workers=len(urls)) as pool:
        list(pool.map(lambda url: call("POST", url, timeout_s=_RESET_TIMEOUT_S), urls))
    api = next(iter(parts.api_urls.values()))
    call("POST", f"{api}/internal/api/system/reset", headers=parts.operator, json={}, timeout_s=_RESET_TIMEOUT_S)


def _await(ask: Callable[[], str]) -> str:
    """Ask until there is nothing to say any more; return what is still said after some seconds."""
    until = time.monotonic() + _VERIFY_DEADLINE_S
    while True:
        reason = ask()
        if not reason or time.monotonic() > until:
            return reason
        time.sleep(0.1)


def _filled_ledgers(parts: Plumbing) -> str:
    """Return which ledger is not empty. A ledger never empties by itself, but the answer is the same: reset again."""
    try:
        for name, admin in parts.admin_urls.items():
            books = call("GET", f"{admin}/admin/books", timeout_s=_RESET_TIMEOUT_S)
            if filled := [table for table in ("charges", "movements", "calls") if books.get(table)]:
                return f"{name} still has {', '.join(filled)}"
        if call("GET", f"{parts.sink_admin}/admin/events"):
            return "the sink still has events"
    except ControlError as error:
        return str(error)
    return ""
