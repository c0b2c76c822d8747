"""A load on several hosts as it really runs: one command for the run, one for each host, HTTP and Locust between."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.evidence import Evidence
from harness.judge.accounting import load_result
from harness.provision.processes.supervisor import Supervisor
from harness.workspace import Workspace
from tests.harness.joining.ground import API_PORT, Ground, ground, wait_for, waits_for_answers, worker_of
from tests.loadtests.test_parent import FIRST_PROCESS

pytestmark = pytest.mark.real


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path) as made:
        yield made


def test_two_hosts_make_one_plan_and_one_history(place: Ground) -> None:
    load = place.load("--expect-workers", "3")
    hosts = [place.join("near", "--workers", "2"), place.join("far")]
    assert [host.wait(timeout=200) for host in hosts] == [0, 0], place.said("near") + place.said("far")
    assert load.wait(timeout=120) in (0, 2), place.said("load")
    problems = [line for line in place.said("load").splitlines() if line.startswith("NOT AS PLANNED")]
    assert all("fell behind" in line for line in problems), "a busy machine may make it late, and nothing else"
    arrivals = place.history("SELECT DISTINCT arrival, CAST(worker AS INTEGER) FROM history ORDER BY arrival")
    assert [arrival for arrival, _ in arrivals] == list(range(len(arrivals)))
    assert len(arrivals) > 150
    assert all(worker == arrival % 3 for arrival, worker in arrivals)
    assert place.history("SELECT count(*) FROM history WHERE outcome <> 'OK'") == [(0,)]
    accounts = [json.loads(path.read_text()) for path in sorted((place.run / "raw").glob("worker-*.json"))]
    assert [item["worker"] for item in accounts] == [0, 1, 2]
    assert all(item["handed_over"] and item["ended"] == "ended with code 0" for item in accounts)
    assert all(0 < item["clock_error_us"] < 50_000 for item in accounts)
    starts = {json.loads(path.read_text())["started_at_us"] for path in (place.run / "raw").glob("load-*.json")}
    assert len(starts) == 1
    keys = [merchant["api_key"] for merchant in json.loads(Path(place.job()).read_text())["merchants"]]
    left = [path for path in place.folder.rglob("*") if path.is_file() and path.name != "job.json"]
    assert not [path for path in left if any(f'"{key}"'.encode() in path.read_bytes() for key in keys)]


def test_what_a_killed_worker_had_sent_is_unknown_and_what_it_had_not_is_told(place: Ground) -> None:
    load = place.load("--expect-workers", "2", rate_per_s=40.0, duration_s=15.0)
    hosts = {name: place.join(name) for name in ("survivor", "victim")}
    wait_for(lambda: place.lines(0) > 30 and place.lines(1) > 30)
    place.api.send_signal(signal.SIGSTOP)
    wait_for(lambda: all(waits_for_answers(place.folder / name) for name in hosts))
    worker_of(hosts["victim"]).kill()
    place.api.send_signal(signal.SIGCONT)
    assert hosts["victim"].wait(timeout=90) == 9, place.said("victim")
    assert hosts["survivor"].wait(timeout=120) == 0, place.said("survivor")
    assert load.wait(timeout=120) == 2, place.said("load")

    (victim,) = [n for n in (0, 1) if not (place.run / "raw" / f"load-{n}.json").exists()]
    sent = f"FROM history WHERE worker = '{victim}'"
    in_doubt = place.history(f"SELECT count(*) {sent} AND outcome = 'UNKNOWN' AND error = 'no_completion'")[0][0]
    made = place.history(f"SELECT count(DISTINCT arrival) {sent}")[0][0]
    assert in_doubt > 5
    assert place.history(f"SELECT count(*) FROM history WHERE worker <> '{victim}' AND outcome = 'UNKNOWN'") == [(0,)]
    with Evidence(place.run) as evidence:
        result = load_result(evidence)
    (lost,) = result.lost
    assert (lost.worker, lost.how, lost.complete) == (str(victim), "was killed by SIGKILL", True)
    assert (lost.in_doubt, lost.never_made) == (in_doubt, lost.planned - made)  # type: ignore[operator]
    assert lost.never_made is not None
    assert lost.never_made > 100
    assert f"{in_doubt} of the requests that it sent have no answer and count as unknown" in place.said("load")


def test_a_load_whose_only_worker_dies_tells_what_it_came_to(place: Ground) -> None:
    load = place.faultline("load", "load", place.job(duration_s=60.0), "--out", str(place.folder / "runs"))
    wait_for(lambda: place.lines(0) > 30)
    Supervisor(Workspace(place.folder / "workspace")).records["load"].process().kill()  # type: ignore[union-attr]
    assert load.wait(timeout=60) == 2, place.said("load")
    assert "1 worker(s), 1 lost" in place.said("load")
    assert "planned arrivals were never made" in place.said("load")
    assert place.history("SELECT count(*) FROM history")[0][0] > 10


def test_a_host_may_be_the_first_process_of_a_container(place: Ground) -> None:
    load = place.load("--expect-workers", "1", duration_s=1.0)
    host = place.join("host", under=FIRST_PROCESS)
    assert host.wait(timeout=200) == 0, place.said("host")
    assert load.wait(timeout=120) in (0, 2), place.said("load")
    (account,) = (place.run / "raw").glob("worker-*.json")
    assert json.loads(account.read_text())["ended"] == "ended with code 0"


def test_a_host_that_falls_silent_is_given_up_and_its_copy_can_be_brought_later(place: Ground) -> None:
    load = place.load("--expect-workers", "2", rate_per_s=40.0, duration_s=10.0)
    hosts = {name: place.join(name) for name in ("survivor", "victim")}
    wait_for(lambda: place.lines(0) > 30 and place.lines(1) > 30)
    worker = worker_of(hosts["victim"])
    os.kill(hosts["victim"].pid, signal.SIGSTOP)
    assert load.wait(timeout=200) == 2, place.said("load")
    assert "its last lines were not handed over" in place.said("load")
    before = place.history("SELECT count(*) FROM history")[0][0]
    wait_for(lambda: not worker.is_running() or worker.status() == "zombie")

    (copy,) = (place.folder / "victim").iterdir()
    gathered = place.faultline("gather", "gather", str(place.run), str(copy))
    assert gathered.wait(timeout=30) == 0, place.said("gather")
    assert "added history-" in place.said("gather")
    assert place.history("SELECT count(*) FROM history")[0][0] > before
    with Evidence(place.run) as evidence:
        assert load_result(evidence).lost == ()
        assert [event.kind for event in evidence.events_of("gathered_late")] == ["gathered_late"]


def test_a_host_that_cannot_take_part_is_refused_and_the_run_goes_on(place: Ground) -> None:
    load = place.load("--expect-workers", "1", duration_s=1.0)
    wrong = place.join("wrong", "--api-url", "api9=http://127.0.0.1:1")
    assert wrong.wait(timeout=120) == 64
    assert "refuses: it has no replica api9; valid: api1\nhint: --api-url NAME=URL" in place.said("wrong")
    assert load.poll() is None
    host = place.join("host")
    assert host.wait(timeout=120) == 0, place.said("host")
    assert load.wait(timeout=120) in (0, 2), place.said("load")
    assert [path.name for path in (place.run / "raw").glob("worker-*.json")] == ["worker-0.json"]


def test_a_stranger_is_refused_and_takes_no_share(place: Ground) -> None:
    load = place.load("--expect-workers", "1", duration_s=1.0)
    stranger = place.join("stranger", FAULTLINE_JOIN_TOKEN="not-the-token-of-this-run")
    assert stranger.wait(timeout=120) == 64
    assert "the token is not this run's" in place.said("stranger")
    host = place.join("host", "--api-url", f"api1=http://localhost:{API_PORT}")
    assert host.wait(timeout=200) == 0, place.said("host")
    assert load.wait(timeout=120) in (0, 2), place.said("load")


def test_a_run_that_dies_takes_the_load_of_other_hosts_with_it(place: Ground) -> None:
    load = place.load("--expect-workers", "1", rate_per_s=40.0, duration_s=60.0)
    host = place.join("host")
    wait_for(lambda: place.lines(0) > 40)
    worker = worker_of(host)
    os.killpg(load.pid, signal.SIGKILL)
    assert host.wait(timeout=40) == 70, place.said("host")
    assert "the run fell silent" in place.said("host")
    assert not worker.is_running()

    handed_over = place.lines(0)
    (command,) = re.findall(r"hint: faultline (gather RUN \S+)", place.said("host"))
    gathered = place.faultline("gather", *command.replace("RUN", str(place.run)).split())
    assert gathered.wait(timeout=30) == 0, place.said("gather")
    assert "added history-0.jsonl, load-0.json" in place.said("gather")
    assert "not judged: a load by itself has no verdict" in place.said("gather")
    assert place.lines(0) > handed_over
    assert place.history("SELECT count(*) FROM history")[0][0] >= handed_over // 2
    account = json.loads((place.run / "raw" / "worker-0.json").read_text())
    assert (account["handed_over"], account["ended"]) == (True, "was at work when the run itself died")
