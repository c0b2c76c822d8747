"""The client's connections to all replicas: kept alive, used again, bounded in time, never a request sent twice."""

from collections.abc import Sequence
from time import monotonic

import gevent

from loadtests.engine.connection import Connection
from loadtests.http1 import Answer

SWEEP_S = 0.02
"""How often timeouts are looked for: a timeout comes at most this much late."""


class Sockets:
    """Connections to the replicas at `addresses`; a request that takes longer than `timeout_s` is given up."""

    def __init__(self, addresses: Sequence[tuple[str, int]], timeout_s: float) -> None:
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._idle: list[list[Connection]] = [[] for _ in addresses]
        self._open: set[Connection] = set()
        self._sweeper = gevent.spawn(self._sweep)

    def exchange(self, replica: int, request: bytes) -> Answer:
        """Send one request, once. Whatever goes wrong is said in the answer."""
        idle = self._idle[replica]
        deadline_s = monotonic() + self._timeout_s
        while idle:
            connection = idle.pop()
            if connection.usable:
                connection.idle = False
                connection.deadline_s = deadline_s
                break
            self._open.discard(connection)
        else:
            try:
                connection = Connection(deadline_s)
            except OSError:
                return Answer(error="connect_failed")
            self._open.add(connection)
            failure = connection.open(self._addresses[replica])
            if failure:
                self._open.discard(connection)
                return Answer(error=failure)
        answer = connection.exchange(request)
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

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP_S)
            now_s = monotonic()
            for connection in list(self._open):
                if connection.deadline_s < now_s:
                    connection.interrupt("timeout")
