"""The connections of the public listener, so that a fault can end one without an answer."""

import asyncio
import socket
import struct
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Peer = tuple[str, int]


class Connections:
    """Transports by peer address, and a word on every new connection."""

    def __init__(self) -> None:
        self._transports: dict[Peer, asyncio.Transport] = {}
        self.made = 0
        self.greet: Callable[[int], bool] = lambda _number: True
        """Asked for each new connection (by its number); False resets it unread."""

    def opened(self, peer: Peer, transport: asyncio.Transport) -> None:
        """A connection was made."""
        self.made += 1
        self._transports[peer] = transport
        if not self.greet(self.made):
            self.end(peer, reset=True)

    def closed(self, peer: Peer) -> None:
        """A connection is gone."""
        self._transports.pop(peer, None)

    def end(self, peer: Peer, *, reset: bool) -> None:
        """End a connection now: RST, or FIN without a byte more."""
        transport = self._transports.get(peer)
        if transport is None:
            return
        if reset:
            raw = transport.get_extra_info("socket")
            # A linger of zero makes the kernel send RST. (uvloop hands out a proxy that has setsockopt too.)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()

    def protocol(self) -> type[HttpToolsProtocol]:
        """Return uvicorn's protocol class, reporting its connections here."""
        connections = self

        class Watched(HttpToolsProtocol):
            """uvicorn's own protocol with two notifications."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                """Report, then carry on as usual."""
                super().connection_made(transport)
                if self.client is not None:
                    connections.opened(self.client, transport)

            def connection_lost(self, exc: Exception | None) -> None:
                """Report, then carry on as usual."""
                if self.client is not None:
                    connections.closed(self.client)
                super().connection_lost(exc)

        return Watched
