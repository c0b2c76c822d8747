"""Several faults on one link at a time, against a real Toxiproxy: nothing that one holds gets past another."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from faults._links import LinkFault
from harness.core.fault import ScheduledFault, Undo, Window
from harness.core.surface import Surface, Toxic
from harness.guard.healers import heal
from harness.run.events import EventLog, now_us
from harness.run.faulting import FaultSchedule
from tests.harness.links.conftest import Rig

pytestmark = pytest.mark.real
LINK = "caller-to-echo"
SLOW = Toxic("latency", "downstream", {"latency": 700, "jitter": 0})
SILENT = Toxic("timeout", "downstream", {"timeout": 0})
SLOW_REQUESTS = Toxic("latency", "upstream", {"latency": 150, "jitter": 0})


def carried(rig: Rig) -> set[str]:
    return set(rig.client.toxics(LINK))


def test_what_a_latency_holds_does_not_get_past_a_toxic_that_is_laid_on_it(rig: Rig) -> None:
    rig.links.lay(LINK, [SLOW])
    with rig.dial() as connection:
        connection.sendall(b"held\n")
        rig.echo.await_received(b"held\n")
        rig.links.lay(LINK, [SILENT])
        connection.settimeout(2.0)
        try:
            got = connection.recv(64)
        except OSError:
            got = b""
    assert got == b""
    assert carried(rig) == {"latency_downstream", "timeout_downstream"}


def test_several_toxics_of_one_moment_bite_together_on_every_connection(rig: Rig) -> None:
    rig.links.lay(LINK, [SLOW, SILENT, SLOW_REQUESTS])
    assert carried(rig) == {"latency_downstream", "timeout_downstream", "latency_upstream"}
    with rig.dial() as connection:
        connection.sendall(b"never answered\n")
        rig.echo.await_received(b"never answered\n")
        connection.settimeout(1.2)
        with pytest.raises(TimeoutError):
            connection.recv(64)


def test_one_toxic_for_each_direction_leaves_open_connections_open(rig: Rig) -> None:
    with rig.dial() as connection:
        stream = connection.makefile("rwb")
        rig.links.lay(LINK, [Toxic("latency", "downstream", {"latency": 1, "jitter": 0}), SLOW_REQUESTS])
        stream.write(b"still here\n")
        stream.flush()
        assert stream.readline() == b"still here\n"


def test_a_link_that_is_cut_stays_cut_under_new_toxics(rig: Rig) -> None:
    rig.links.lay(LINK, [SLOW])
    rig.links.cut(LINK)
    rig.links.lay(LINK, [SILENT])
    assert not rig.client.proxies()[LINK].enabled


class Journal:
    """Healing without a guard: the healers themselves, at once."""

    def __init__(self) -> None:
        self._undos: list[Undo] = []

    def register(self, undo: Undo) -> str:
        self._undos.append(undo)
        return str(len(self._undos) - 1)

    def heal(self, entry: str) -> None:
        heal(self._undos[int(entry)])

    def heal_all(self) -> Sequence[str]:
        return []

    def require_lease(self) -> None:
        return None


@dataclass
class LinksAlone:
    """A surface of links and nothing else."""

    links: object


def test_healing_one_fault_leaves_the_other_on_its_links(rig: Rig, tmp_path: Path) -> None:
    slow = LinkFault("slow", "*-to-echo", toxics=(SLOW,))
    silent = LinkFault("silent", "*-to-echo", toxics=(SILENT,))
    plan = [ScheduledFault(slow, Window(0.1, 4.0)), ScheduledFault(silent, Window(0.4, 1.5))]
    events = EventLog(tmp_path / "events.jsonl")
    surface = cast(Surface, LinksAlone(rig.links))
    t0_us = now_us()
    schedule = FaultSchedule(plan, surface, Journal(), events, seed=1, t0_us=t0_us)
    schedule.start()
    time.sleep(max(0.0, t0_us / 1e6 + 1.1 - time.time()))
    assert carried(rig) == {"latency_downstream", "timeout_downstream"}
    time.sleep(max(0.0, t0_us / 1e6 + 2.8 - time.time()))
    assert carried(rig) == {"latency_downstream"}
    schedule.finish(timeout_s=10)
    events.close()
    assert carried(rig) == set()
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    changes = [item for item in told if item["kind"] == "links_changed"]
    assert [item["links"] for item in changes] == [[LINK]] * 3
    assert all(item["at_us"] <= item["until_us"] for item in changes)
