"""A payment API that answers at once: `python -m benchmarks.load.server PORT CPU [HOST]`. As little work as can be."""

import asyncio
import os
import sys
from typing import cast

import uvloop

BODY = (
    b'{"id":"pay_0192f0c4d7a87d0e8c4f9a","object":"payment","merchant_id":"m_alpha","amount_minor":1999,'
    b'"amount":"19.99","currency":"EUR","status":"captured","capture":"automatic","authorized_minor":1999,'
    b'"captured_minor":1999,"refunded_minor":0,"refundable_minor":1999,"gateway":"stripe","merchant_reference":"r",'
    b'"version":3,"last_error":null,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","refunds":[]}'
)
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
LENGTH = b"content-length:"


class Connection(asyncio.Protocol):
    """Counts the requests in what arrives and answers each."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        buffer = self._buffer + data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end].lower()
            at = head.find(LENGTH)
            total = end + 4 + (int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
            if len(buffer) < total:
                break
            buffer = buffer[total:]
            self._transport.write(ANSWER)
        self._buffer = buffer


async def serve(port: int, host: str) -> None:
    """Listen until killed."""
    server = await asyncio.get_running_loop().create_server(Connection, host, port, backlog=4096)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    uvloop.run(serve(int(sys.argv[1]), *sys.argv[3:] or ["127.0.0.1"]))
