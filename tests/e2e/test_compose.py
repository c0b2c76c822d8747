"""The compose target end to end: the flagship's verdict, and nothing left behind, whoever ends the harness."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.provision.containers.owned import belongings, owner_of
from harness.workspace import Workspace
from tests.e2e.conftest import BASE_PORT, Faultline
from tests.e2e.test_death import LEASE_S, kill_when_broken

pytestmark = [pytest.mark.e2e, pytest.mark.containers, pytest.mark.timeout(900)]

PORT = BASE_PORT + 350
CLEAN_S = 40.0
FIRST_START_S = 800.0
"""The images may have to be built."""


@pytest.fixture
def composed(tmp_path: Path) -> Faultline:
    """A command line in a workspace with nothing up."""
    return Faultline(tmp_path, base_port=PORT)


def made(command: Faultline) -> list[str]:
    """Return every container, network and volume with the label of this workspace."""
    return belongings(owner_of(Workspace(Path(command.environment["FAULTLINE_WORKSPACE"])))).names


def test_the_gateway_outage_passes_on_containers_and_leaves_nothing(composed: Faultline) -> None:
    asked = ("run", "primary_gateway_outage", "--seed", "3", "--target", "compose", "--json")
    ran = composed(*asked, deadline_s=FIRST_START_S)
    assert (ran.code, ran.json["verdict"]) == (0, "PASS"), ran.out + ran.err
    assert ran.json["repeat"].endswith("--target compose")
    assert made(composed) == []
    assert composed.left_behind() == []


def test_a_killed_harness_leaves_no_container_network_or_volume(composed: Faultline) -> None:
    process = composed.start("run", "worker_killed_mid_delivery", "--seed", "1", "--target", "compose")
    when_made(composed, process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    until = time.monotonic() + CLEAN_S
    while (left := made(composed) + composed.left_behind()) and time.monotonic() < until:
        time.sleep(0.5)
    assert left == []


def test_a_harness_killed_with_a_container_cut_off_leaves_a_kept_platform_whole(composed: Faultline) -> None:
    up = composed("up", "--target", "compose", deadline_s=FIRST_START_S)
    try:
        assert up.code == 0, up.err
        run = composed.start("run", "containers_in_trouble", "--duration", "16s", "--seed", "1")
        kill_when_broken(composed, run, "reconnect_container")
        until = time.monotonic() + LEASE_S
        while (left := composed.held()) and time.monotonic() < until:
            time.sleep(0.2)
        assert left == []
        status = composed("status", "--json")
        assert (status.code, status.json["healthy"], status.json["faults"]) == (0, True, [])
    finally:
        down = composed("down")
    assert down.code == 0, down.err
    assert made(composed) == []
    assert composed.left_behind() == []


def test_ctrl_c_leaves_nothing_and_says_so(composed: Faultline) -> None:
    process = composed.start("run", "calm", "--seed", "1", "--target", "compose")
    when_made(composed, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert made(composed) == []
    assert composed.left_behind() == []


def when_made(command: Faultline, process: "subprocess.Popen[str]") -> None:
    """Wait until the harness is in the middle of its start, and Compose has made the first containers."""
    until = time.monotonic() + 600
    while len(made(command)) < 16:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
