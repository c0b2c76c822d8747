"""Watches the link proxy itself: a proxy that stands still breaks every link at once, and that is no fault of ours."""

import threading
from typing import Protocol, runtime_checkable

from harness.core.errors import FaultlineError
from harness.run.events import EventLog, now_us
from harness.run.threads import join_begun

POLL_S = 0.25
SILENT_S = 1.0
"""A proxy that has answered nobody for so long has held up the platform's own calls as well."""


@runtime_checkable
class Answering(Protocol):
    """Links whose server can be asked whether it is there at all."""

    def version(self) -> str:
        """Return the server's version. Raises `FaultlineError` where it does not answer in time."""


class ProxyWatch:
    """A thread that asks until it is stopped; each silence is an event `proxy_silent`, from the last answer on."""

    def __init__(self, links: object, events: EventLog) -> None:
        self._links = links if isinstance(links, Answering) else None
        self._events = events
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="proxy-watch", daemon=True)

    def start(self) -> None:
        """Begin to ask. A server that does not answer even now (a target without one) is not watched."""
        if self._links is not None and self._answers():
            self._thread.start()

    def stop(self) -> None:
        """Stop asking."""
        self._halt.set()
        join_begun(self._thread, timeout_s=10)

    def _follow(self) -> None:
        heard_us, missed = now_us(), False
        while not self._halt.wait(POLL_S):
            # A pause of this thread itself is no silence of the proxy: it must have been asked in vain.
            if not self._answers():
                missed = True
                continue
            if missed:
                self._note(heard_us)
            heard_us, missed = now_us(), False
        if missed:
            self._note(heard_us)

    def _note(self, from_us: int) -> None:
        until_us = now_us()
        if until_us - from_us >= SILENT_S * 1e6:
            self._events.add("proxy_silent", at_us=from_us, until_us=until_us)

    def _answers(self) -> bool:
        try:
            return bool(self._links is not None and self._links.version())
        except FaultlineError:
            return False
