"""A process tells of its calls on standard output: many on a line, and nothing before it has said who it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from system import calls
from system.connectors.wire import Wire
from tests.system.gateways.live import free_port


@pytest.fixture
def telling() -> Iterator[None]:
    calls.begin("api9")
    yield
    calls.begin("")


def told(capfd: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_calls_are_told_together(telling: None, capfd: pytest.CaptureFixture[str]) -> None:
    calls.note(21013, calls.now_us() - 5_000, calls.ANSWERED, 201, "c1")
    calls.note(21014, calls.now_us(), "reset", None, "c2")
    assert told(capfd) == []
    calls.flush()
    calls.flush()
    (line,) = told(capfd)
    (answered, reset) = line["calls"]
    assert (line["process"], line["event"]) == ("api9", "calls")
    assert (answered[0], *answered[3:]) == (21013, "answered", 201, "")
    assert 5_000 <= answered[2] < 1_000_000
    assert (reset[0], *reset[3:]) == (21014, "reset", None, "c2")


def test_many_calls_are_told_at_once(telling: None, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(calls.PENDING_MAX):
        calls.note(21013, calls.now_us(), calls.ANSWERED, 200)
    assert [len(line["calls"]) for line in told(capfd)] == [calls.PENDING_MAX]


def test_nothing_is_kept_before_a_process_says_who_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    calls.note(21013, calls.now_us(), calls.ANSWERED, 200)
    calls.flush()
    assert told(capfd) == []


async def test_an_exchange_with_a_gateway_is_a_call_of_its_port(
    telling: None, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    wire = Wire(f"http://127.0.0.1:{port}", timeout_s=1.0, connect_timeout_s=1.0)
    await wire.call("POST", "/x", {"X-Correlation-Id": "c7"}, b"a=1")
    await wire.close()
    calls.flush()
    (line,) = told(capfd)
    assert [(call[0], *call[3:]) for call in line["calls"]] == [(port, "refused", None, "c7")]
