"""HTTP/1.1 answers, read strictly: whatever does not parse is an error, never a guess and never a retry."""

import msgspec

CHUNKED = b"\r\ntransfer-encoding: chunked"
_LENGTH = b"\r\ncontent-length:"
_STATUSES = {b"http/1.1 %d " % status: status for status in (200, 201, 202, 402, 409, 422, 503)}
NO_BODY = frozenset({204, 304})
MAX_HEAD_BYTES = 65_536


class MalformedAnswer(ValueError):
    """The bytes on the wire are not an HTTP/1.1 answer."""


class Answer(msgspec.Struct, gc=False):
    """What came back, or why nothing did.

    `error` is '' for a complete answer, else one of `connect_refused`, `connect_timeout`, `connect_failed`,
    `timeout`, `reset`, `closed` (before the answer was complete), `malformed_answer`, `abandoned` (the load ended).
    `head` is the status line and headers in lower case, without the final blank line.
    """

    status: int = 0
    head: bytes = b""
    body: bytes = b""
    error: str = ""

    def header(self, name: bytes) -> str:
        """Return a header's value by its lower-case name, '' where it is absent."""
        at = self.head.find(b"\r\n" + name + b":")
        if at < 0:
            return ""
        start = at + len(name) + 3
        end = self.head.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else len(self.head)].strip().decode("latin-1")

    @property
    def keeps_alive(self) -> bool:
        """Tell whether the connection may carry another request."""
        return not self.error and b"\r\nconnection: close" not in self.head and self.head.startswith(b"http/1.1")


def read_answer(received: bytes, *, ended: bool = False) -> Answer | None:
    """Return the answer that `received` holds, None where more bytes must come.

    `ended` says that the peer has closed: an answer without a length ends there. Raises `MalformedAnswer` for
    anything that is not one HTTP/1.x answer, bytes after its end included.
    """
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        if len(received) > MAX_HEAD_BYTES or not b"HTTP/1.".startswith(received[:7]):
            raise MalformedAnswer("no HTTP/1.x status line")
        return None
    head = received[:head_end].lower()
    status = _STATUSES.get(head[:13]) or _status(head)
    start = head_end + 4
    if 100 <= status < 200:
        return read_answer(received[start:], ended=ended) if len(received) > start else None
    if status in NO_BODY:
        body: bytes | None = b""
        end = start
    elif (at := head.find(_LENGTH)) >= 0 and CHUNKED not in head:
        end = start + _length(head, at + len(_LENGTH))
        body = received[start:end] if len(received) >= end else None
    elif CHUNKED in head:
        body, end = _chunked(received, start)
    else:
        body, end = (received[start:] if ended else None), len(received)
    if body is None:
        return None
    if len(received) > end:
        raise MalformedAnswer("bytes after the end of the answer")
    return Answer(status, head, body)


def _status(head: bytes) -> int:
    status = head[9:12]
    if (
        not head.startswith((b"http/1.1 ", b"http/1.0 "))
        or not status.isdigit()
        or head[12:13] not in (b" ", b"\r", b"")
    ):
        raise MalformedAnswer("no HTTP/1.x status line")
    return int(status)


def _length(head: bytes, start: int) -> int:
    end = head.find(b"\r\n", start)
    text = (head[start:end] if end >= 0 else head[start:]).strip()
    if not text.isdigit():
        raise MalformedAnswer("Content-Length is not a number")
    return int(text)


def _chunked(received: bytes, start: int) -> tuple[bytes | None, int]:
    parts: list[bytes] = []
    position = start
    while True:
        line_end = received.find(b"\r\n", position)
        if line_end < 0:
            return None, 0
        try:
            size = int(received[position:line_end].split(b";", 1)[0], 16)
        except ValueError as error:
            raise MalformedAnswer("a chunk's size is not a number") from error
        position = line_end + 2
        if size == 0:
            trailer_end = received.find(b"\r\n", position)
            if trailer_end < 0:
                return None, 0
            if trailer_end != position:
                raise MalformedAnswer("trailers are not expected")
            return b"".join(parts), position + 2
        if len(received) < position + size + 2:
            return None, 0
        if received[position + size : position + size + 2] != b"\r\n":
            raise MalformedAnswer("a chunk does not end where it said")
        parts.append(received[position : position + size])
        position += size + 2
