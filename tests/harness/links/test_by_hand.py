"""What people inject on a real Toxiproxy, with the real guard and journal: on for its time, and all off at one word."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from faults._links import LinkFault
from harness.core.errors import UsageError
from harness.core.surface import Surface, Toxic
from harness.guard.brake import engage, release, require_released
from harness.guard.session import HarnessSession
from harness.injecting.live import LiveFaults
from harness.run.events import EventLog
from harness.workspace import Workspace
from tests.harness.links.conftest import Rig

pytestmark = pytest.mark.real

LINK = "caller-to-echo"
SLOW = LinkFault("slow", LINK, toxics=(Toxic("latency", "downstream", {"latency": 100, "jitter": 0}),))
CUT = LinkFault("cut", LINK)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


@pytest.fixture
def live(rig: Rig, workspace: Workspace, tmp_path: Path) -> Iterator[LiveFaults]:
    surface = cast(Surface, SimpleNamespace(links=rig.links))
    with HarnessSession(workspace, command="test") as session, closing(EventLog(tmp_path / "e.jsonl")) as events:
        made = LiveFaults(surface, session, events, seed=1, allowed=lambda: require_released(workspace))
        made.start()
        yield made
        made.finish()
        assert session.outstanding() == []


def test_several_are_on_at_once_and_one_stop_makes_every_link_whole(
    rig: Rig, live: LiveFaults, workspace: Workspace
) -> None:
    live.inject(SLOW, 60, "ann")
    live.inject(CUT, 60, "bob")
    assert rig.links.disturbed() == [LINK]
    engage(workspace, "carl")
    healed = live.stop("carl")
    assert (list(healed.problems), list(rig.links.disturbed())) == ([], [])
    with pytest.raises(UsageError, match="carl stopped"):
        live.inject(SLOW, 60, "ann")
    release(workspace)
    live.inject(SLOW, 60, "ann")
    assert rig.links.disturbed() == [LINK]


def test_what_had_its_time_is_healed_by_itself_and_leaves_the_other(rig: Rig, live: LiveFaults) -> None:
    live.inject(SLOW, 60, "ann")
    live.inject(CUT, 0.5, "ann")
    until = time.monotonic() + 20
    while len(live.on) > 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert [item.fault.name for item in live.on] == ["slow"]
    assert list(rig.client.toxics(LINK)) == ["latency_downstream"]
    assert rig.client.proxies()[LINK].enabled
