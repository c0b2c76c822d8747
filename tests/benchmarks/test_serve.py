"""The benchmark of serving: what is counted, what a ratio is, which aims are missed, and how a platform is asked."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from benchmarks import baseline as builds
from benchmarks.ratios import ratio
from benchmarks.serve.__main__ import Measured, Turn, _print_serving
from benchmarks.serve.client import Tally, drive, pace
from benchmarks.serve.held import settings
from benchmarks.serve.side import Side


def turn(payments: int, seconds: float, **cpu_s: float) -> Turn:
    return Turn(payments, seconds, 0, cpu_s, Tally(payments, 0, [0.010] * 99 + [0.050]))


def test_a_ratio_is_of_the_medians_and_its_spread_that_of_any_two_rounds() -> None:
    found = ratio([4.0, 5.0, 4.4], [2.0, 1.0, 2.2])
    assert str(found) == "2.20 (1.82-5.00)"


def test_the_processor_time_of_every_process_counts_and_the_apis_own_for_the_floor() -> None:
    one = turn(1000, 5.0, api1=1.0, api2=1.0, worker=2.0, toxiproxy=4.0)
    assert (one.per_cpu_s, one.per_api_cpu_s, one.per_s) == (125.0, 500.0, 200.0)


@pytest.mark.parametrize(("now", "missed"), [(2.0, 0), (1.9, 2)])
def test_ratios_processes_and_missed_aims_are_printed(
    capsys: pytest.CaptureFixture[str], now: float, missed: int
) -> None:
    before = Measured([turn(1000, 8.0, api1=2.0, api2=2.0, worker=4.0)])
    after = Measured([turn(int(1000 * now), 8.0, api1=2.0, api2=2.0, worker=4.0)], same=[900.0], least=[1900.0])
    assert _print_serving({"6993ade": before, "present": after}) == missed
    out = capsys.readouterr().out
    assert f"payments per CPU second: {now:.2f} ({now:.2f}-{now:.2f}) x the earlier ones (aim 2)" in out
    assert "10.0,    50.0" in out
    assert out.count("MISSED") == missed


class Endpoint:
    """Answers every request with the same status after a pause, and keeps what it was sent."""

    def __init__(self, status: int, pause_s: float = 0.0) -> None:
        self.status, self.pause_s, self.bodies = status, pause_s, list[dict[str, object]]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            self.bodies.append(json.loads(await reader.readexactly(length)))
            await asyncio.sleep(self.pause_s)
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % self.status)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self.serve(reader, writer)
        writer.close()


@asynccontextmanager
async def listening(*endpoints: Endpoint) -> AsyncIterator[list[int]]:
    servers = [await asyncio.start_server(endpoint.accept, "127.0.0.1", 0) for endpoint in endpoints]
    yield [server.sockets[0].getsockname()[1] for server in servers]
    await asyncio.sleep(0.05)  # the clients have hung up; let the connections end
    for server in servers:
        server.close()


async def test_connections_are_dealt_to_both_replicas_and_other_answers_are_counted_apart() -> None:
    good, bad = Endpoint(201, 0.01), Endpoint(503, 0.01)
    async with listening(good, bad) as ports:
        tally = await drive(ports, "key", 4, 0.3, "t")
    assert (tally.authorized, tally.other) == (len(good.bodies), len(bad.bodies))
    assert tally.authorized > 0 < tally.other
    references = [body["merchant_reference"] for body in good.bodies]
    assert len(set(references)) == len(references)


async def test_paced_payments_do_not_wait_for_one_another_and_their_latency_counts_from_when_they_were_due() -> None:
    slow = Endpoint(201, 0.3)
    began = time.perf_counter()
    async with listening(slow) as ports:
        tally = await pace(ports, "key", 20.0, 0.5, "t")
    assert tally.authorized == 10
    assert time.perf_counter() - began < 2.0  # one after the other would take three seconds
    assert tally.quantile_ms(0.0) >= 300.0


def test_a_platform_is_asked_by_lines_and_what_it_has_in_flight_is_waited_for(tmp_path: Path) -> None:
    program = (
        'import json, sys\nreached = {"api_urls": {"api1": "http://127.0.0.1:7001"}, "api_key": "", "postgresql": "", '
        '"password": ""}\nprint(json.dumps(reached), flush=True)\n'
        "for left in (2, 1, 0):\n    sys.stdin.readline()\n"
        '    look = {"cpu_s": {"api1": 3 - left}, "memory_mb": {}, "backlog": {"webhooks": left}}\n'
        "    print(json.dumps(look), flush=True)\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True) as process:
        side = Side(process)
        assert side.ports == [7001]
        assert side.drained().cpu_s == {"api1": 3}


def test_so_many_database_nodes_are_asked_for_where_a_build_has_a_choice() -> None:
    assert settings(3) == {"database_nodes": "3"}
    assert builds.REVISION == "6993ade"  # which has two, and no such setting
