"""The client's connections to all replicas: kept alive, used again, bounded in time, never a request sent twice."""

from collections.abc import Callable, Sequence
from time import monotonic

import gevent
from gevent import monkey
from gevent.hub import get_hub

from harness.core.errors import UsageError
from loadtests.engine.connection import Connection
from loadtests.http1 import Answer
from loadtests.tls import TlsPlace

SWEEP_S = 0.02
"""How often timeouts are looked for: a timeout comes at most this much late."""


def resolved(address: tuple[str, int]) -> tuple[str, int]:
    """Return the address with its name looked up: once, and never in the middle of the load.

    It blocks, unlike gevent's own: a worker that gave others a turn before it is complete might be told to begin.
    Raises `UsageError` where nobody knows the name.
    """
    try:
        return str(monkey.get_original("socket", "gethostbyname")(address[0])), address[1]
    except OSError as error:
        raise UsageError(
            f"api_urls: {address[0]} is not known here: {error}", hint="give each replica's address"
        ) from error


class Sockets:
    """Connections to the replicas at `addresses`; a request that takes longer than `timeout_s` is given up.

    Requests that come up in the same turn of the event loop are sent one after the other at its end, after one call of
    `commit`, which writes them all down.
    """

    def __init__(
        self,
        addresses: Sequence[tuple[str, int]],
        timeout_s: float,
        commit: Callable[[], None],
        tls: Sequence[TlsPlace | None] = (),
    ) -> None:
        self._addresses = addresses
        self._tls = tls or [None] * len(addresses)
        self._timeout_s = timeout_s
        self._idle: list[list[Connection]] = [[] for _ in addresses]
        self._open: set[Connection] = set()
        self._commit = commit
        self._outbox: list[Connection] = []
        self._run_callback = get_hub().loop.run_callback
        self._sweeper = gevent.spawn(self._sweep)

    def exchange(self, replica: int, request: bytes, patience_s: float = 0.0) -> Answer:
        """Send one request, once. Whatever goes wrong is said in the answer; 0: the usual patience."""
        idle = self._idle[replica]
        deadline_s = monotonic() + (patience_s or self._timeout_s)
        while idle:
            connection = idle.pop()
            if connection.usable:
                connection.idle = False
                connection.deadline_s = deadline_s
                break
            self._open.discard(connection)
        else:
            self._commit()
            try:
                connection = Connection(deadline_s, self._tls[replica])
            except OSError:
                return Answer(error="connect_failed")
            self._open.add(connection)
            failure = connection.open(self._addresses[replica])
            if failure:
                self._open.discard(connection)
                return Answer(error=failure)
        if not self._outbox:
            self._run_callback(self._send_all)
        answer = connection.exchange(request, self._outbox)
        if connection.usable:
            connection.idle = True
            idle.append(connection)
        else:
            connection.close()
            self._open.discard(connection)
        return answer

    def end(self) -> None:
        """Give up every request in flight: their answers become `abandoned`."""
        self._sweeper.kill()
        for connection in list(self._open):
            connection.interrupt("abandoned")

    def _send_all(self) -> None:
        """Called by the hub at the end of a turn: write down what is about to be sent, then send it."""
        self._commit()
        outbox = self._outbox.copy()
        self._outbox.clear()
        for connection in outbox:
            connection.send()

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP_S)
            now_s = monotonic()
            for connection in list(self._open):
                if connection.deadline_s < now_s:
                    connection.interrupt("timeout")
