"""A closed-loop client of plain sockets: as many authorizations as a number of connections can get answered."""

import asyncio
import json
import time
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What the client saw. Latencies in seconds."""

    authorized: int = 0
    other: int = 0
    latencies_s: list[float] = field(default_factory=list)

    def quantile_ms(self, share: float) -> float:
        """Return a latency quantile in milliseconds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


async def drive(port: int, api_key: str, connections: int, seconds: float, tag: str) -> Tally:
    """Authorize payments on `connections` connections for `seconds`, each waiting for its answer."""
    tally, until = Tally(), time.perf_counter() + seconds
    await asyncio.gather(*(_one(port, api_key, f"{tag}-{n}", until, tally) for n in range(connections)))
    return tally


async def _one(port: int, api_key: str, tag: str, until: float, tally: Tally) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while time.perf_counter() < until:
        number += 1
        began = time.perf_counter()
        writer.write(_request(api_key, f"{tag}-{number}"))
        status = await _answer(reader)
        tally.latencies_s.append(time.perf_counter() - began)
        if status == 201:
            tally.authorized += 1
        else:
            tally.other += 1
    writer.close()


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


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head[9:12])
