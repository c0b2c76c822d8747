"""How a shell reaches whoever holds a platform and injects into it: one line of JSON there, one back, on 127.0.0.1.

Where to, and the word that must be given, are in the workspace's `control_file`, which its owner alone may read.
"""

import hmac
import os
import secrets
import socket
import socketserver
import threading
from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from harness.core.errors import FaultlineError, HarnessError, UsageError
from harness.workspace import Workspace, write_private

_LINE_BYTES = 65_536
_CONNECT_S = 2.0
ANSWER_S = 90.0
"""A fault may take its time to begin or to end: a container is stopped, a node is started again."""

Action = Literal["inject", "renew", "heal", "stop", "list"]


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a shell asks for. `id` names an injection ('' in a `heal`: all of them)."""

    action: Action
    by: str
    fault: str = ""
    on: str = ""
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    for_s: float = 0.0
    id: str = ""


class Told(msgspec.Struct, frozen=True):
    """One injection, as it is told. Times are microseconds since the epoch; `off_us` is None while it is on."""

    id: str
    fault: str
    place: str
    by: str
    on_us: int
    until_us: int
    off_us: int | None
    ended: str


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer: the injections that it is about, what a stop healed and when, or an error as it was raised."""

    injections: tuple[Told, ...] = ()
    steps: tuple[tuple[str, float], ...] = ()
    seconds: float = 0.0
    error: str = ""
    hint: str = ""
    usage: bool = False


class Desk(Protocol):
    """Who answers."""

    def answer(self, request: Request) -> Reply:
        """Do what is asked. Raises `FaultlineError` as it comes."""


class _Sent(msgspec.Struct, frozen=True):
    token: str
    request: Request


class ChannelServer:
    """Answers shells until it is closed. One at a time changes anything; each has a thread of its own."""

    def __init__(self, workspace: Workspace, desk: Desk) -> None:
        self._file = workspace.control_file
        self._token = secrets.token_hex(32)
        self._server = _Server(("127.0.0.1", 0), _handler(desk, self._token))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="channel", daemon=True)

    def __enter__(self) -> "ChannelServer":
        self._thread.start()
        write_private(self._file, {"port": self._server.server_address[1], "token": self._token, "pid": os.getpid()})
        return self

    def __exit__(self, *_: object) -> None:
        self._file.unlink(missing_ok=True)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = False
    block_on_close = False


def _handler(desk: Desk, token: str) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        timeout = 10.0

        def handle(self) -> None:
            try:
                sent = msgspec.json.decode(self.rfile.readline(_LINE_BYTES), type=_Sent)
            except (msgspec.MsgspecError, OSError):
                return
            if hmac.compare_digest(sent.token.encode(), token.encode()):
                self.wfile.write(msgspec.json.encode(_answered(desk, sent.request)) + b"\n")

    return Handler


def _answered(desk: Desk, request: Request) -> Reply:
    try:
        return desk.answer(request)
    except FaultlineError as error:
        return Reply(error=str(error), hint=error.hint, usage=isinstance(error, UsageError))
    except Exception as error:  # noqa: BLE001 - whoever waits at the other end is told, whatever it was
        return Reply(error=f"the harness failed: {error!r}", hint="please report this as a bug")


class Channel:
    """The shell's end."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token

    @classmethod
    def find(cls, workspace: Workspace) -> "Channel | None":
        """Return the channel to whoever injects in this workspace; None where nobody does, or did and died."""
        try:
            told = msgspec.json.decode(workspace.control_file.read_bytes(), type=_Address)
            socket.create_connection(("127.0.0.1", told.port), timeout=_CONNECT_S).close()
        except (OSError, msgspec.MsgspecError):
            return None
        return cls(told.port, told.token)

    def send(self, request: Request) -> Reply:
        """Ask, and return the answer. Raises what the other end raised, and `HarnessError` where none came."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=ANSWER_S) as connection:
                connection.sendall(msgspec.json.encode(_Sent(self._token, request)) + b"\n")
                with connection.makefile("rb") as stream:
                    reply = msgspec.json.decode(stream.readline(), type=Reply)
        except (OSError, msgspec.MsgspecError) as error:
            raise HarnessError(
                f"whoever holds the platform did not answer: {error}",
                hint="`faultline status` says what is on; `faultline stop` heals everything",
            ) from error
        if reply.error:
            raise (
                UsageError(reply.error, hint=reply.hint) if reply.usage else HarnessError(reply.error, hint=reply.hint)
            )
        return reply


class _Address(msgspec.Struct, frozen=True):
    port: int
    token: str
    pid: int
