"""TLS for connections that are watched by the hub: the record layer in memory, the bytes through the same socket."""

import ssl
from typing import NamedTuple

from harness.core.addresses import is_tls, parse_api_url


class TlsPlace(NamedTuple):
    """How to speak TLS to one replica: `name` is what its certificate must say."""

    context: ssl.SSLContext
    name: str


def place_of(url: str, ca_file: str = "") -> TlsPlace | None:
    """Return how to speak to this address over TLS; None for one without.

    Certificates are checked against what the machine knows, and against `ca_file` where there is one.
    """
    if not is_tls(url):
        return None
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return TlsPlace(context, parse_api_url(url, field="api_urls", tls=True)[0])


class Seal:
    """One connection's TLS: what is to be sent is sealed, what came is opened. It never touches a socket."""

    def __init__(self, place: TlsPlace) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = place.context.wrap_bio(self._in, self._out, server_hostname=place.name)

    def shake(self, received: bytes = b"") -> tuple[bool, bytes]:
        """Go on with the handshake; return whether it is done, and what to send. Raises `ssl.SSLError`."""
        self._in.write(received)
        try:
            self._tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        return done, self._out.read()

    def seal(self, data: bytes) -> bytes:
        """Return the bytes that carry this."""
        self._tls.write(data)
        return self._out.read()

    def open(self, received: bytes) -> bytes | None:
        """Return what these bytes carry: nothing yet (None), or the end (empty). Raises `ssl.SSLError`."""
        if received:
            self._in.write(received)
        else:
            self._in.write_eof()
        parts: list[bytes] = []
        while True:
            try:
                part = self._tls.read(65_536)
            except ssl.SSLWantReadError:
                return b"".join(parts) or None
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b"".join(parts)
            if not part:
                return b"".join(parts)
            parts.append(part)
