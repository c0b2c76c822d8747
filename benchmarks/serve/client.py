"""A client of plain sockets: as many authorizations as a number of connections can get, or so many each second."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What the client saw. Latencies in seconds; where payments were due at set times, from then on."""

    authorized: int = 0
    other: int = 0
    latencies_s: list[float] = field(default_factory=list)

    def note(self, status: int, latency_s: float) -> None:
        """Count an answer."""
        self.latencies_s.append(latency_s)
        if status == 201:
            self.authorized += 1
        else:
            self.other += 1

    def quantile_ms(self, share: float) -> float:
        """Return a latency quantile in milliseconds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


async def drive(ports: Sequence[int], api_key: str, connections: int, seconds: float, tag: str) -> Tally:
    """Authorize payments on `connections` connections, dealt to these ports, for `seconds`, each waiting its turn."""
    tally, until = Tally(), time.perf_counter() + seconds

    async def one(number: int) -> None:
        connection = await Connection.open(ports[number % len(ports)], api_key)
        sent = 0
        while time.perf_counter() < until:
            sent += 1
            began = time.perf_counter()
            status = await connection.authorize(f"{tag}-{number}-{sent}")
            tally.note(status, time.perf_counter() - began)
        connection.close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    return tally


async def pace(ports: Sequence[int], api_key: str, per_s: float, seconds: float, tag: str) -> Tally:
    """Authorize `per_s` payments each second for `seconds`, whether or not earlier ones have been answered."""
    tally, idle, began = Tally(), list[Connection](), time.perf_counter()

    async def one(number: int, due: float) -> None:
        connection = idle.pop() if idle else await Connection.open(ports[number % len(ports)], api_key)
        status = await connection.authorize(f"{tag}-{number}")
        tally.note(status, time.perf_counter() - due)
        idle.append(connection)

    under_way = []
    for number in range(int(per_s * seconds)):
        due = began + number / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        under_way.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*under_way)
    for connection in idle:
        connection.close()
    return tally


class Connection:
    """One connection of a merchant to a replica."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, api_key: str) -> None:
        self._reader, self._writer, self._api_key = reader, writer, api_key

    @classmethod
    async def open(cls, port: int, api_key: str) -> "Connection":
        """Connect to the replica that listens on this port."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, api_key)

    async def authorize(self, key: str) -> int:
        """Authorize a payment under this idempotency key and return the answer's status."""
        self._writer.write(_request(self._api_key, key))
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await self._reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def _request(api_key: str, key: str) -> bytes:
    body = json.dumps(
        {
            "amount_minor": 1999,
            "currency": "EUR",
            "payment_method": "pm_card_visa",
            "capture": "manual",
            "merchant_reference": key,
        }
    ).encode()
    head = (
        "POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {api_key}\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
