"""Several faults on one link at a time, against a real Toxiproxy: nothing that one holds gets past another."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from faults._links import LinkFault
from faults.primary_partitioned import primary_partitioned
from harness.core.database_controls import Written
from harness.core.errors import UsageError
from harness.core.fault import ScheduledFault, Undo, Window
from harness.core.surface import Surface, Toxic
from harness.guard.healers import heal
from harness.links.toxiproxy import LinkSpec, ToxiproxyLinks
from harness.run.events import EventLog, now_us
from harness.run.faulting import FaultSchedule
from harness.run.switching import FaultSwitch
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


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventLog]:
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        yield log


def switch(rig: Rig, events: EventLog, journal: Journal | None = None) -> FaultSwitch:
    surface = cast(Surface, LinksAlone(rig.links))
    return FaultSwitch(surface, journal or Journal(), events, seed=1)


def slowed(rig: Rig) -> dict[str, int]:
    """Return the latencies on the link, in milliseconds, by the names of their toxics."""
    return {name: toxic.attributes["latency"] for name, toxic in rig.client.toxics(LINK).items()}


def test_two_faults_of_one_kind_are_both_there_and_each_goes_alone(rig: Rig, events: EventLog) -> None:
    less = LinkFault("less", "*-to-echo", toxics=(Toxic("latency", "downstream", {"latency": 100, "jitter": 0}),))
    more = LinkFault("more", "*-to-echo", toxics=(Toxic("latency", "downstream", {"latency": 200, "jitter": 0}),))
    faults = switch(rig, events)
    faults.inject("less-1", less)
    faults.inject("more-2", more)
    assert sorted(slowed(rig).values()) == [100, 200]
    began = time.monotonic()
    assert rig.ask() == b"ping\n"
    assert time.monotonic() - began >= 0.3
    faults.heal("less-1", less)
    assert list(slowed(rig).values()) == [200]
    faults.heal("more-2", more)
    assert slowed(rig) == {}
    assert rig.ask() == b"ping\n"


@pytest.mark.parametrize("cut_first", [True, False], ids=["the cut goes first", "the cut stays"])
def test_a_cut_and_toxics_on_one_link_are_two_layers(rig: Rig, events: EventLog, cut_first: bool) -> None:
    cut, slow = LinkFault("cut", LINK), LinkFault("slow", LINK, toxics=(SLOW,))
    faults = switch(rig, events)
    faults.inject("cut-1", cut)
    faults.inject("slow-2", slow)
    assert not rig.client.proxies()[LINK].enabled
    faults.heal("cut-1", cut) if cut_first else faults.heal("slow-2", slow)
    assert rig.client.proxies()[LINK].enabled == cut_first
    assert carried(rig) == ({"latency_downstream"} if cut_first else set())
    faults.heal("slow-2", slow) if cut_first else faults.heal("cut-1", cut)
    assert rig.client.proxies()[LINK].enabled
    assert carried(rig) == set()


def test_two_cuts_of_one_link_end_with_the_later_one(rig: Rig, events: EventLog) -> None:
    one, other = LinkFault("one", LINK), LinkFault("other", LINK)
    faults = switch(rig, events)
    faults.inject("one-1", one)
    faults.inject("other-2", other)
    faults.heal("one-1", one)
    assert not rig.client.proxies()[LINK].enabled
    faults.heal("other-2", other)
    assert rig.client.proxies()[LINK].enabled


@pytest.fixture
def second(rig: Rig) -> Iterator[str]:
    """A second link, beside that of the rig."""
    host, port = rig.spec.listen.split(":")
    spec = LinkSpec("second-to-echo", f"{host}:{int(port) + 5}", rig.spec.upstream)
    rig.links._links[spec.name] = spec
    rig.client.create(spec.name, listen=spec.listen, upstream=spec.upstream)
    yield spec.name
    rig.client.destroy(spec.name)


def test_a_share_of_the_links_is_healed_alone(rig: Rig, second: str, events: EventLog) -> None:
    """What another fault has on a link that the share did not draw is nobody's business."""
    half = LinkFault("half", "*-to-echo", toxics=(SILENT,), share=0.5)
    surface = cast(Surface, LinksAlone(rig.links))
    [drawn] = half.links(surface, seed=1)
    [spared] = {LINK, second} - {drawn}
    slow = LinkFault("slow", spared, toxics=(SLOW,))
    journal = Journal()
    faults = switch(rig, events, journal)
    faults.inject("half-1", half)
    faults.inject("slow-2", slow)
    assert [undo.arguments["link"] for undo in journal._undos] == [drawn, spared]
    faults.heal("half-1", half)
    assert set(rig.client.toxics(spared)) == {"latency_downstream"}
    assert set(rig.client.toxics(drawn)) == set()
    faults.heal("slow-2", slow)
    assert set(rig.client.toxics(spared)) == set()


@dataclass
class Cluster:
    """One node behind one link, as far as a partition asks."""

    links: ToxiproxyLinks

    def primary(self) -> str:
        return "pg-a"

    nodes = standbys = lambda self: ["pg-a"]

    def write(self, node: str) -> Written:
        return Written("accepted")

    def partition(self, node: str) -> None:
        self.links.cut(LINK)

    def undo_partition(self, node: str) -> Sequence[Undo]:
        return [self.links.undo(LINK)]


def test_a_primary_that_is_cut_off_and_a_slow_way_to_it_are_two_layers(rig: Rig, events: EventLog) -> None:
    surface = cast(Surface, SimpleNamespace(links=rig.links, database=Cluster(rig.links)))
    slow, apart = LinkFault("slow", LINK, toxics=(SLOW,)), primary_partitioned()
    faults = FaultSwitch(surface, Journal(), events, seed=1)
    faults.inject("slow-1", slow)
    faults.inject("apart-2", apart)
    assert not rig.client.proxies()[LINK].enabled
    faults.heal("apart-2", apart)
    assert rig.client.proxies()[LINK].enabled
    assert carried(rig) == {"latency_downstream"}
    faults.inject("apart-3", apart)
    faults.heal("slow-1", slow)
    assert not rig.client.proxies()[LINK].enabled
    faults.heal("apart-3", apart)
    assert rig.client.proxies()[LINK].enabled
    assert carried(rig) == set()


def test_a_fault_that_fails_half_way_takes_nothing_of_others_with_it(rig: Rig, events: EventLog) -> None:
    slow = LinkFault("slow", LINK, toxics=(SLOW,))
    wrong = LinkFault("wrong", LINK, toxics=(SILENT, Toxic("latency", "upstream", {"latncy": 5})))
    faults = switch(rig, events)
    faults.inject("slow-1", slow)
    with pytest.raises(UsageError, match="latncy"):
        faults.inject("wrong-2", wrong)
    assert carried(rig) == {"latency_downstream"}
    faults.heal("slow-1", slow)
    assert carried(rig) == set()


def test_a_link_is_never_whole_while_one_of_its_layers_goes(rig: Rig, events: EventLog) -> None:
    """Somebody who dials all the time gets not one answer between the two."""
    faults = switch(rig, events)
    silent, slow = LinkFault("silent", LINK, toxics=(SILENT,)), LinkFault("slow", LINK, toxics=(SLOW_REQUESTS,))
    faults.inject("silent-1", silent)
    faults.inject("slow-2", slow)
    rig.echo.received.clear()
    answers: list[bytes] = []
    halt = threading.Event()

    def dial() -> None:
        while not halt.is_set():
            try:
                with rig.dial() as connection:
                    connection.settimeout(0.2)
                    connection.sendall(b"anybody?\n")
                    answers.append(connection.recv(64))
            except OSError:
                continue

    thread = threading.Thread(target=dial)
    thread.start()
    time.sleep(0.3)
    faults.heal("slow-2", slow)
    time.sleep(0.3)
    halt.set()
    thread.join()
    assert rig.echo.received
    assert not any(answers)
    faults.heal("silent-1", silent)


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
