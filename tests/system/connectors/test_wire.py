"""How far an exchange got, against servers that misbehave on purpose."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from system.connectors.wire import BODY_BYTES_MAX, Wire
from system.gateway import Phase
from tests.system.gateways.live import free_port

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def served(serve: Serve, **timeouts: float) -> AsyncIterator[Wire]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    port = free_port()
    server = await asyncio.start_server(handle, "127.0.0.1", port)
    settings = {"timeout_s": 5.0, "connect_timeout_s": 5.0} | timeouts
    wire = Wire(f"http://127.0.0.1:{port}", **settings)
    try:
        yield wire
    finally:
        await wire.close()
        server.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-l")), 0)
    return head + await reader.readexactly(length)


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_an_answer_is_an_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await writer.drain()

    async with served(serve) as wire:
        heard = await wire.call("POST", "/x", {}, b"a=1")
        assert (heard.phase, heard.status, heard.body) == (Phase.ANSWERED, 200, b"{}")


async def test_nobody_listening_is_refused() -> None:
    wire = Wire(f"http://127.0.0.1:{free_port()}", timeout_s=5.0, connect_timeout_s=5.0)
    assert (await wire.call("POST", "/x", {}, b"a=1")).phase is Phase.REFUSED
    await wire.close()


async def test_a_connection_that_is_never_accepted_is_a_connect_timeout() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        wire = Wire(f"http://127.0.0.1:{address[1]}", timeout_s=0.6, connect_timeout_s=0.2)
        heard = await wire.call("POST", "/x", {}, b"a=1")
        await wire.close()
        for filler in fillers:
            filler.close()
    assert heard.phase is Phase.CONNECT_TIMEOUT


async def test_silence_after_the_request_is_sent_without_an_answer() -> None:
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await read_request(reader))
        await reader.read()

    async with served(serve, timeout_s=1.0) as wire:
        assert (await wire.call("POST", "/x", {}, b"a=1")).phase is Phase.SENT
    assert len(arrived) == 1


async def test_closed_or_reset_after_the_request_is_a_reset_and_is_not_repeated() -> None:
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await read_request(reader))
        if len(arrived) % 2:
            reset(writer)

    async with served(serve) as wire:
        phases = [(await wire.call("POST", "/x", {}, b"a=1")).phase for _ in range(4)]
    assert phases == [Phase.RESET] * 4
    assert len(arrived) == 4


async def test_a_kept_alive_connection_that_dies_under_a_request_is_a_reset_never_a_refusal() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await writer.drain()
        await read_request(reader)
        reset(writer)

    async with served(serve) as wire:
        assert (await wire.call("POST", "/x", {}, b"a=1")).phase is Phase.ANSWERED
        assert (await wire.call("POST", "/x", {}, b"a=1")).phase is Phase.RESET


async def test_half_a_body_is_truncated() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":')
        await writer.drain()

    async with served(serve) as wire:
        assert (await wire.call("POST", "/x", {}, b"a=1")).phase is Phase.TRUNCATED


async def test_a_body_without_end_is_not_read_for_ever() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX * 2))
        writer.write(b"x" * (BODY_BYTES_MAX + 1))
        await writer.drain()
        await reader.read()

    async with served(serve) as wire:
        assert (await wire.call("GET", "/x", {})).phase is Phase.TRUNCATED


async def test_something_that_is_not_http_is_a_reset() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()

    async with served(serve) as wire:
        assert (await wire.call("POST", "/x", {}, b"a=1")).phase is Phase.RESET
