"""`kill -9` of the harness at any moment leaves no fault, no process, no lock and no listening port."""

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import BASE_PORT, Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

THOROUGH = pytest.mark.thorough
LEASE_S = 10.0
PORT = BASE_PORT + 200


@pytest.fixture
def alone(tmp_path: Path) -> Faultline:
    """A command line in a workspace with nothing up."""
    return Faultline(tmp_path, base_port=PORT)


def gone_within(command: Faultline, deadline_s: float) -> list[str]:
    """Return what is still there after the deadline."""
    until = time.monotonic() + deadline_s
    while (left := command.left_behind()) and time.monotonic() < until:
        time.sleep(0.2)
    return left


def when_held(command: Faultline, process: "subprocess.Popen[str]", what: str = "outstanding") -> None:
    """Return as soon as a run holds this: by default any undo, which means that its fault is on, or about to be."""
    until = time.monotonic() + 90
    while not (held := any(what in line for line in command.held())) and time.monotonic() < until:
        assert process.poll() is None, f"the run was over before this was so: {what}"
        time.sleep(0.1)
    assert held, command.held()


def when_injected(command: Faultline, process: "subprocess.Popen[str]") -> None:
    """Return as soon as the run's own diary says that its fault is on."""
    until = time.monotonic() + 90
    while not any("fault_injected" in diary.read_text() for diary in command.folder.glob("runs/*/events.jsonl")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)


def kill_when_broken(command: Faultline, process: "subprocess.Popen[str]", undo: str = "outstanding") -> None:
    """Kill a run a moment after its fault: a primary is gone by then, and the standby waits for its lease to end."""
    when_held(command, process, undo)
    time.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)


# While the platform starts; thorough: when the load begins, and under load with a fault (as two tests below have it).
@pytest.mark.parametrize("moment", [3, pytest.param(17, marks=THOROUGH), pytest.param(24, marks=THOROUGH)])
def test_a_killed_harness_leaves_nothing(alone: Faultline, moment: int) -> None:
    process = alone.start("run", "primary_gateway_outage", "--duration", "12s", "--seed", "1")
    try:
        process.communicate(timeout=moment + random.Random(moment).random())
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert gone_within(alone, LEASE_S) == []
    status = alone("status")
    assert (status.code, "down" in status.out) == (1, True)


@THOROUGH
def test_a_killed_harness_takes_its_jobs_with_it(alone: Faultline) -> None:
    process = alone.start("run", "primary_gateway_outage", "calm", "--jobs", "2", "--seed", "1")
    both = [alone.folder / "workspace" / "jobs" / number / "processes.json" for number in ("1", "2")]
    until = time.monotonic() + 60
    while not all(path.exists() for path in both) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    assert all(path.exists() for path in both), "a job never started its platform"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    # Unlike a harness that is killed itself, the jobs end in good order, which stops every process gracefully.
    assert gone_within(alone, 2 * LEASE_S) == []


@THOROUGH
def test_two_platforms_side_by_side_judge_each_its_own(alone: Faultline) -> None:
    done = alone("run", "calm", "webhook_sink_down", "--jobs", "2", "--seed", "1", "--json")

    assert done.code == 0, done.err
    assert [(verdict["scenario"], verdict["verdict"]) for verdict in done.json] == [
        ("calm", "PASS"),
        ("webhook_sink_down", "PASS"),
    ]
    assert gone_within(alone, LEASE_S) == []


def test_a_run_right_after_a_kill_works(alone: Faultline) -> None:
    kill_when_broken(alone, alone.start("run", "primary_gateway_outage", "--duration", "12s", "--seed", "1"))
    again = alone("run", "calm", "--duration", "6s", "--seed", "1")
    assert again.code == 0, again.out + again.err
    assert alone.left_behind() == []


def test_a_killed_run_leaves_a_platform_that_is_up_whole(alone: Faultline) -> None:
    up = alone("up")
    try:
        assert up.code == 0, up.err
        kill_when_broken(alone, alone.start("run", "primary_gateway_outage", "--duration", "20s", "--seed", "1"))
        until = time.monotonic() + LEASE_S
        while (left := alone.held()) and time.monotonic() < until:
            time.sleep(0.2)
        assert left == []
        status = alone("status", "--json")
        assert (status.code, status.json["up"], status.json["healthy"], status.json["faults"]) == (0, True, True, [])
    finally:
        down = alone("down")
    assert down.code == 0, down.err
    assert alone.left_behind() == []


@pytest.mark.parametrize(
    ("scenario", "undo"),
    [("database_node_lost", "revive_node"), pytest.param("frozen_primary", "thaw_node", marks=THOROUGH)],
)
def test_a_harness_killed_during_a_failover_leaves_nothing(alone: Faultline, scenario: str, undo: str) -> None:
    kill_when_broken(alone, alone.start("run", scenario, "--seed", "1"), undo)
    assert gone_within(alone, LEASE_S) == []


@THOROUGH
def test_a_killed_run_leaves_a_platform_that_is_up_with_its_database_healed(alone: Faultline) -> None:
    up = alone("up")
    try:
        assert up.code == 0, up.err
        kill_when_broken(alone, alone.start("run", "database_node_lost", "--seed", "1"), "revive_node")
        until = time.monotonic() + LEASE_S
        while (left := alone.held()) and time.monotonic() < until:
            time.sleep(0.2)
        assert left == []
        # The next run waits until the cluster is whole again.
        again = alone("run", "calm", "--duration", "6s", "--seed", "1")
        assert again.code == 0, again.out + again.err
    finally:
        down = alone("down")
    assert down.code == 0, down.err
    assert alone.left_behind() == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "undo"), [("connection_pool_exhausted", "release_connections"), ("database_disk_full", "free_disk")]
)
def test_a_harness_killed_while_it_presses_on_the_database_leaves_nothing(
    alone: Faultline, scenario: str, undo: str
) -> None:
    kill_when_broken(alone, alone.start("run", scenario, "--seed", "1"), undo)
    assert gone_within(alone, LEASE_S) == []
    assert "faultline-wal" not in Path("/proc/mounts").read_text()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=THOROUGH)])
def test_a_run_that_is_stopped_heals_everything_and_says_what_is_left(
    alone: Faultline, signum: signal.Signals, code: int
) -> None:
    process = alone.start("run", "primary_gateway_outage", "--duration", "12s", "--seed", "1", "--json")
    when_injected(alone, process)
    process.send_signal(signum)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert gone_within(alone, LEASE_S) == []
    last = err.strip().splitlines()[-1]
    assert last.startswith(
        f"interrupted ({signum.name}): put back gateway_down at *-to-stripe, verified; partial report"
    )
    assert (alone.newest_run() / "report.html").is_file()
    told = json.loads(out)
    assert (told["verdict"], told["faults"][0]["name"]) == ("INCONCLUSIVE", "gateway_down")
    assert 0 < told["load"]["ok"] < told["load"]["planned"] or told["load"]["planned"] == 0
    assert "the run was interrupted" in " ".join(told["reasons"])


def test_a_second_harness_on_the_same_workspace_is_refused(faultline: Faultline) -> None:
    first = faultline.start("run", "calm", "--duration", "6s", "--seed", "1", "--json")
    # So early that the second has come and gone before there is load.
    when_held(faultline, first, "the lock is held")
    second = faultline("run", "calm", "--seed", "1")
    out, err = first.communicate(timeout=120)
    assert second.code == 64, second.err
    assert "hint:" in second.err
    # Whoever starts a program beside a run may cost it its promises of time on a small machine, and nothing else.
    told = json.loads(out)
    assert (first.returncode, told["verdict"]) in {(0, "PASS"), (1, "FAIL"), (2, "INCONCLUSIVE")}, out + err
    assert [reason for reason in told["reasons"] if not of_time(reason)] == [], out
    assert all(item["verdict"] == "PASS" for item in told["invariants"] if item["required"]), out


def of_time(reason: str) -> bool:
    """Tell whether a verdict's reason says only that something came late."""
    return reason.startswith(("p95 of response times", "the load generator fell behind"))


def test_a_port_in_use_is_named(faultline: Faultline, tmp_path: Path) -> None:
    result = Faultline(tmp_path, base_port=faultline.base_port)("run", "calm", "--seed", "1")
    assert result.code == 64, result.err
    assert str(faultline.base_port) in result.err
    assert "--base-port" in result.err
