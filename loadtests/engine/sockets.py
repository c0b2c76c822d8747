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
        self._busy: set[Connection] = set()
        self._sweeper = gevent.spawn(self._sweep)

    def exchange(self, replica: int, request: bytes) -> Answer:
        """Send one request, once. Whatever goes wrong is said in the answer."""
        idle = self._idle[replica]
        while idle:
            connection = idle.pop()
            if connection.usable:
                connection.idle = False
                connection.deadline_s = monotonic() + self._timeout_s
                break
        else:
            try:
                connection = Connection()
            except OSError:
                return Answer(error="connect_failed")
        busy = self._busy
        busy.add(connection)
        try:
            if not connection.usable:
                connection.deadline_s = monotonic() + self._timeout_s
                failure = connection.open(self._addresses[replica])
                if failure:
                    return Answer(error=failure)
            answer = connection.exchange(request)
        finally:
            busy.discard(connection)
        if connection.usable:
            connection.idle = True
            idle.append(connection)
        elif not answer.error:
            connection.close()
        return answer

    def end(self) -> None:
        """Give up every request in flight: their answers become `abandoned`."""
        self._sweeper.kill()
        for connection in list(self._busy):
            connection.interrupt("abandoned")

    def _sweep(self) -> None:
        while True:
            gevent.sleep(SWEEP_S)
            now_s = monotonic()
            for connection in list(self._busy):
                if connection.deadline_s < now_s:
                    connection.interrupt("timeout")
