"""The fake API behind a real socket, in raw asyncio: `python -m tests.loadtests.server PORT RAW_DIR KEY=MERCHANT ...`.

For every request it looks whether the history in RAW_DIR has it already; `GET /early` tells how many had not.
"""

import asyncio
import sys
from pathlib import Path
from typing import cast

from tests.loadtests.fake_api import FakeApi, Reply


class Watch:
    """Knows which invocations have reached the history files."""

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._read: dict[Path, int] = {}
        self._seen = ""
        self.early = 0

    def check(self, correlation_id: str) -> None:
        mark = f'"correlation_id":"{correlation_id}"'
        if mark not in self._seen:
            self._catch_up()
        self.early += mark not in self._seen

    def _catch_up(self) -> None:
        for path in self._raw.glob("history-*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                fresh = file.read()
            self._read[path] = self._read.get(path, 0) + len(fresh)
            self._seen = self._seen[-200_000:] + fresh.decode()


class Connection(asyncio.Protocol):
    """One client's connection; answers requests in order."""

    def __init__(self, api: FakeApi, watch: Watch) -> None:
        self._api, self._watch, self._buffer = api, watch, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            total = end + 4 + int(headers.get("content-length", "0"))
            if len(self._buffer) < total:
                return
            body, self._buffer = self._buffer[end + 4 : total], self._buffer[total:]
            method, path, _ = first.split(" ")
            self._answer(method, path, headers, body)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        if path == "/early":
            answer: Reply | str = (200, {}, str(self._watch.early).encode())
        else:
            self._watch.check(headers["x-correlation-id"])
            answer = self._api.handle(method, path, headers, body)
        assert not isinstance(answer, str)
        status, more, payload = answer
        head = "".join(f"{name}: {value}\r\n" for name, value in {**more, "Content-Length": str(len(payload))}.items())
        self._transport.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + payload)


async def serve(port: int, raw: Path, merchants: dict[str, str]) -> None:
    api, watch = FakeApi(merchants), Watch(raw)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(api, watch), "127.0.0.1", port, backlog=4096)
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), dict(pair.split("=") for pair in sys.argv[3:])))
