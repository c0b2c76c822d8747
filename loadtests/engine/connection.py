"""One keep-alive HTTP/1.1 connection on a raw non-blocking socket, watched by the hub for as long as it is open.

It carries one request at a time and never repeats one: whatever goes wrong is said in the answer.
"""

import errno
import socket
from typing import Any

from gevent import monkey
from gevent.hub import get_hub
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from loadtests.http1 import Answer, MalformedAnswer, read_answer
from loadtests.tls import Seal, TlsPlace

_RawSocket: Any = monkey.get_original("socket", "socket")
_switch: Any = greenlet.switch  # waits in the hub; without the bookkeeping that only gevent's own greenlets need
_READ, _WRITE = 1, 2
_CHUNK_BYTES = 65_536
_UNSENT = "unsent"


class Connection:
    """A connection to one replica. `usable` says whether it may carry another request."""

    __slots__ = ("_hub", "_request", "_seal", "_socket", "_waiter", "_watcher", "deadline_s", "idle", "usable")

    def __init__(self, deadline_s: float, tls: TlsPlace | None = None) -> None:
        """Make the socket; `open` connects it. Raises `OSError` where there are no descriptors left.

        `deadline_s` (CLOCK_MONOTONIC) is when the present request is given up, by whoever watches it. With
        `tls` everything goes through TLS.
        """
        self.deadline_s = deadline_s
        self.idle = self.usable = False
        self._hub = get_hub()
        self._request = b""
        self._seal = Seal(tls) if tls else None
        self._waiter: Any = None
        self._watcher: Any = None
        self._socket = _RawSocket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def open(self, address: tuple[str, int]) -> str:
        """Connect. Return '' or why it failed: `connect_refused`, `connect_failed`, or the reason of `interrupt`."""
        number = self._socket.connect_ex(address)
        if number == errno.EINPROGRESS:
            reason = self._wait_writable()
            if reason:
                self.close()
                return f"connect_{reason}" if reason == "timeout" else reason
            number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self.close()
            return "connect_refused" if number == errno.ECONNREFUSED else "connect_failed"
        self.usable = True
        self._watcher = self._hub.loop.io(self._socket.fileno(), _READ)
        self._watcher.start(self._on_event)
        return self._shake_hands(self._seal) if self._seal else ""

    def _shake_hands(self, seal: Seal) -> str:
        """Return '' or why there is no TLS: nothing of a request was sent then."""
        reason, received = "", b""
        try:
            while not reason:
                done, self._request = seal.shake(received)
                reason = self._send_rest()
                if done and not reason:
                    return ""
                self._waiter = getcurrent()
                reason = reason or _switch(self._hub)
                received = b"" if reason else self._socket.recv(_CHUNK_BYTES)
                reason = reason or ("" if received else "failed")
        except OSError:
            reason = "failed"
        self.close()
        return reason if reason == "abandoned" else f"connect_{'timeout' if reason == 'timeout' else 'failed'}"

    def exchange(self, request: bytes, outbox: "list[Connection]") -> Answer:
        """Put one request into the outbox, from which somebody calls `send`, and wait for its answer."""
        self._request = self._seal.seal(request) if self._seal else request
        outbox.append(self)
        received = b""
        while True:
            self._waiter = getcurrent()
            reason = _switch(self._hub)
            if reason == _UNSENT:
                reason = self._send_rest()
                if not reason:
                    continue
            if reason:
                return self._broken(reason)
            try:
                chunk = self._received()
                received = received + chunk if received else chunk
                answer = read_answer(received, ended=not chunk)
            except BlockingIOError:
                continue
            except OSError:
                return self._broken("reset")
            except MalformedAnswer:
                return self._broken("malformed_answer")
            if answer is not None:
                self.usable = bool(chunk) and answer.keeps_alive
                return answer
            if not chunk:
                return self._broken("closed")

    def _received(self) -> bytes:
        """Return what came, empty where the peer has closed. Raises `BlockingIOError` where it is not enough yet."""
        chunk = bytes(self._socket.recv(_CHUNK_BYTES))
        if self._seal is None:
            return chunk
        opened = self._seal.open(chunk)
        if opened is None:
            raise BlockingIOError
        return opened

    def send(self) -> None:
        """Send the request in hand. Called by the hub; never waits."""
        if self._waiter is None:
            return  # it was given up before it was sent
        try:
            sent = self._send_some(self._request)
        except OSError:
            self.interrupt("reset")
            return
        if sent < len(self._request):
            self._request = self._request[sent:]
            self.interrupt(_UNSENT)

    def interrupt(self, reason: str) -> None:
        """Wake whoever waits here and have the request end with that reason."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            self._hub.loop.run_callback(waiter.switch, reason)

    def close(self) -> None:
        """Close the socket for good."""
        self.usable = False
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = None
        self._socket.close()

    def _wait_writable(self) -> str:
        watcher = self._hub.loop.io(self._socket.fileno(), _WRITE)
        watcher.start(self._on_event)
        try:
            self._waiter = getcurrent()
            reason: str = _switch(self._hub)
            return reason
        finally:
            watcher.stop()
            watcher.close()

    def _send_rest(self) -> str:
        """Send what the socket did not take at once. Return '' or why it failed."""
        try:
            while self._request:
                reason = self._wait_writable()
                if reason:
                    return reason
                self._request = self._request[self._send_some(self._request) :]
        except OSError:
            return "reset"
        return ""

    def _send_some(self, data: bytes) -> int:
        try:
            return int(self._socket.send(data))
        except BlockingIOError:
            return 0

    def _on_event(self) -> None:
        """Called by the hub: something for whoever waits, or the peer has closed (or babbled on) an idle connection."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.switch("")
        elif self.idle:
            self.close()

    def _broken(self, reason: str) -> Answer:
        self.close()
        return Answer(error=reason)
