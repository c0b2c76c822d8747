"""The load generator as it really runs: Locust in its own processes, a payment API in another, sockets between them."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from harness.history import merge_history
from harness.provision.processes.urgency import STEPS
from loadtests.command import LOST_EXIT_CODE, command
from loadtests.starting import ready_workers, tell_start
from loadtests.steering import tell_rate
from loadtests.workloads import SHOPKEEPERS_DAY
from tests.loadtests.stage import KEYS, job

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
API_PORT, WEB_PORT, MASTER_PORT = 26000, 26001, 26002
PURE = (
    "amounts answers cards clock command drafting following histogram history http1 job journal operations plan "
    "retrying schedule session starting steering streams surroundings tally workloads"
)


@dataclass
class Ground:
    """A run's folder with the API of one test."""

    folder: Path
    api: subprocess.Popen[bytes]

    def start(self, *, workers: int = 1, web_port: int | None = None, by_hand: bool = False, **changed: Any) -> Any:
        """Start the load of a job and return its process."""
        fields = {"run_dir": str(self.folder), "workers": workers}
        urls = dict.fromkeys(("api1", "api2"), f"http://127.0.0.1:{API_PORT}")
        document = job(**{"mix": dict(SHOPKEEPERS_DAY), "api_urls": urls, **fields, **changed})
        path = self.folder / "load.json"
        path.write_bytes(msgspec.json.encode(document))
        arguments, environment = command(path, workers, web_port, by_hand=by_hand, master_port=MASTER_PORT)
        with (self.folder / "load.log").open("wb") as log:
            return subprocess.Popen(
                arguments, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
            )

    def run(self, **changed: Any) -> None:
        """Run the load of a job to its end."""
        process = self.start(**changed)
        try:
            assert process.wait(timeout=60) == 0, (self.folder / "load.log").read_text()
        finally:
            end(process)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return the history's lines of one sort, of all workers. One that is just being written is not there yet."""
        files = sorted((self.folder / "raw").glob("history-*.jsonl"))
        records = [json.loads(line) for path in files for line in path.read_text().split("\n")[:-1]]
        return [record for record in records if record["e"] == event]

    def certificates(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted((self.folder / "raw").glob("load-*.json"))]

    def check_agreement(self) -> Counter[str]:
        """Check that history, certificates and Locust agree to the operation; return the sums of the certificates."""
        invokes, completes = self.lines("invoke"), self.lines("complete")
        sums: Counter[str] = Counter()
        for certificate in self.certificates():
            sums.update({name: value for name, value in certificate.items() if isinstance(value, int)})
        told = json.loads((self.folder / "raw" / "locust-stats.json").read_text())
        outcomes = Counter(record["outcome"] for record in completes)
        assert sums["requests"] == len(invokes) == len(completes) == told["total"]["requests"]
        assert (sums["ok"], sums["failed"], sums["unknown"]) == (
            outcomes["OK"],
            outcomes["FAILED"],
            outcomes["UNKNOWN"],
        )
        assert told["total"]["failures"] == sums["failed"] + sums["unknown"]
        assert sum(entry["requests"] for entry in told["entries"]) == len(invokes)
        assert sum(error["occurrences"] for error in told["errors"]) == told["total"]["failures"]
        assert sums["scheduled"] == sums["completed"] + sums["dropped"] + sums["in_flight_at_end"]
        by_flow = Counter(f"{record['flow']}: {record['kind']}" for record in invokes)
        assert by_flow == {entry["name"]: entry["requests"] for entry in told["entries"]}
        return sums


def end(process: Any) -> None:
    """Make sure that a process group that we started is gone."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    pairs = [f"{key}={merchant}" for key, merchant in KEYS.items()]
    arguments = [sys.executable, "-m", "tests.loadtests.server", str(API_PORT), str(tmp_path / "raw"), *pairs]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as api:
        assert api.stdout is not None
        assert api.stdout.readline() == b"ready\n"
        yield Ground(tmp_path, api)
        api.send_signal(signal.SIGCONT)
        api.kill()


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("urgent", [False, True])
def test_a_certificate_says_whether_the_generator_was_run_before_others(ground: Ground, urgent: bool) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    ground.run(urgent=urgent, rate_per_s=50.0, duration_s=0.5)
    steps = STEPS if urgent and os.geteuid() == 0 else 0
    assert [item["niceness"] for item in ground.certificates()] == [max(-20, before - steps)]


def test_the_pure_parts_need_neither_locust_nor_gevent() -> None:
    script = ";".join(f"import loadtests.{name}" for name in PURE.split())
    script += ";import sys, loadtests.flows;loadtests.flows.discover()"
    script += ";sys.exit(any(name in sys.modules for name in ('locust', 'gevent')))"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
    assert not {"locust", "gevent"} & set(sys.modules)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_say_that_they_are_ready_and_start_when_they_are_told(ground: Ground, workers: int) -> None:
    raw = ground.folder / "raw"
    process = ground.start(workers=workers, await_start=True, rate_per_s=50.0, duration_s=1.0)
    try:
        wait_for(lambda: ready_workers(raw) == workers)
        assert ground.lines("invoke") == []
        start_us = time.time_ns() // 1000 + 200_000
        tell_start(raw, start_us)
        assert process.wait(timeout=60) == 0, (ground.folder / "load.log").read_text()
    finally:
        end(process)
    assert {item["started_at_us"] for item in ground.certificates()} == {start_us}
    assert min(record["due_us"] for record in ground.lines("invoke")) >= start_us


@pytest.mark.parametrize("workers", [1, 2])
def test_locust_history_and_certificates_agree_to_the_operation(ground: Ground, workers: int) -> None:
    ground.run(workers=workers, rate_per_s=120.0, duration_s=3.0)
    sums = ground.check_agreement()
    assert len(ground.certificates()) == workers
    assert sums["planned"] == sums["completed"] > 250
    assert sums["unknown"] == sums["dropped"] == sums["broken"] == 0
    arrivals = {record["arrival"]: record["worker"] for record in ground.lines("invoke")}
    assert sorted(arrivals) == list(range(sums["planned"]))
    assert all(worker == arrival % workers for arrival, worker in arrivals.items())
    with urllib.request.urlopen(f"http://127.0.0.1:{API_PORT}/early", timeout=5) as answer:
        assert answer.read() == b"0", "a request arrived before its invocation was written"


def test_a_frozen_server_shows_in_the_response_times(ground: Ground) -> None:
    process = ground.start(rate_per_s=60.0, duration_s=6.0, mix={"sale": 1.0})
    try:
        wait_for(lambda: len(ground.lines("invoke")) > 60)
        ground.api.send_signal(signal.SIGSTOP)
        frozen_at = len(ground.lines("invoke"))
        time.sleep(3)  # the length of the freeze itself, in real time by nature
        released = len(ground.lines("invoke"))
        ground.api.send_signal(signal.SIGCONT)
        assert process.wait(timeout=40) == 0
    finally:
        end(process)
    assert released - frozen_at > 120, "arrivals must go on while nothing answers"
    sums = ground.check_agreement()
    assert sums["completed"] == sums["planned"]
    (certificate,) = ground.certificates()
    assert certificate["response_us"]["p90"] > 1_500_000
    # Sending late would have hidden the freeze: it is in the answers, and not in what was sent.
    assert certificate["lag_p99_ms"] * 1000 < certificate["response_us"]["p90"] / 2


def test_a_killed_load_process_leaves_invocations_without_completions(ground: Ground) -> None:
    process = ground.start(rate_per_s=200.0, duration_s=20.0, mix={"sale": 1.0})
    try:
        wait_for(lambda: len(ground.lines("invoke")) > 100)
        ground.api.send_signal(signal.SIGSTOP)
        stopped_at = len(ground.lines("invoke"))
        wait_for(lambda: len(ground.lines("invoke")) > stopped_at + 50)
    finally:
        end(process)
    missing = {r["op"] for r in ground.lines("invoke")} - {r["op"] for r in ground.lines("complete")}
    assert len(missing) >= 40


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_load_early_with_complete_files(ground: Ground, sign: signal.Signals, workers: int) -> None:
    process = ground.start(
        workers=workers, rate_per_s=100.0, duration_s=60.0, mix={"sale": 1.0}, settings={"stop_grace_s": 0.5}
    )
    try:
        wait_for(lambda: len(ground.lines("invoke")) > 60)
        ground.api.send_signal(signal.SIGSTOP)
        stopped_at = len(ground.lines("invoke"))
        wait_for(lambda: len(ground.lines("invoke")) > stopped_at + 20)
        os.killpg(process.pid, sign)
        assert process.wait(timeout=15) == 0, (ground.folder / "load.log").read_text()
    finally:
        end(process)
    sums = ground.check_agreement()
    assert sums["in_flight_at_end"] > 10
    assert sums["planned"] > sums["scheduled"]
    assert "abandoned" in {record["error"] for record in ground.lines("complete")}


def test_one_of_two_workers_dies_and_the_other_finishes_its_own_share(ground: Ground) -> None:
    raw = ground.folder / "raw"
    process = ground.start(workers=2, await_start=True, rate_per_s=100.0, duration_s=6.0, mix={"sale": 1.0})
    try:
        wait_for(lambda: ready_workers(raw) == 2)
        tell_start(raw, time.time_ns() // 1000 + 200_000)
        wait_for(lambda: len(ground.lines("complete")) > 100)
        ground.api.send_signal(signal.SIGSTOP)
        stopped_at = len(ground.lines("invoke"))
        wait_for(lambda: len(ground.lines("invoke")) > stopped_at + 60)
        psutil.Process(process.pid).children()[0].kill()
        ground.api.send_signal(signal.SIGCONT)
        assert process.wait(timeout=60) == 0, (ground.folder / "load.log").read_text()
    finally:
        end(process)
    (certificate,) = ground.certificates()
    dead = 1 - certificate["worker"]
    assert certificate["completed"] == certificate["planned"] > 250
    assert json.loads((raw / f"ready-{dead}").read_text())["planned"] > 250
    answered = {(record["op"], record["attempt"]) for record in ground.lines("complete")}
    in_doubt = [r for r in ground.lines("invoke") if r["worker"] == dead and (r["op"], r["attempt"]) not in answered]
    summary = merge_history(raw, ground.folder / "history.parquet")
    assert summary.unfinished == len(in_doubt) > 10
    of_the_living = {r["arrival"] for r in ground.lines("invoke") if r["worker"] != dead}
    assert len(of_the_living) == certificate["planned"]


def test_a_master_that_nobody_is_left_to_says_so_and_leaves_their_histories(ground: Ground) -> None:
    process = ground.start(workers=2, rate_per_s=100.0, duration_s=60.0, mix={"sale": 1.0})
    try:
        wait_for(lambda: {record["worker"] for record in ground.lines("invoke")} == {0, 1})
        for worker in psutil.Process(process.pid).children():
            worker.kill()
        assert process.wait(timeout=60) == LOST_EXIT_CODE, (ground.folder / "load.log").read_text()
    finally:
        end(process)
    assert ground.certificates() == []
    assert merge_history(ground.folder / "raw", ground.folder / "history.parquet").attempts > 0


LOST = """
from types import SimpleNamespace
from locust.env import Environment
from locust.runners import STATE_MISSING, STATE_RUNNING
from loadtests.engine.master import Master

clients = {name: SimpleNamespace(state=STATE_RUNNING) for name in "abcd"}
runner = SimpleNamespace(clients=clients, target_user_count=4, register_message=lambda *_: None)
master = Master(Environment(), runner, None)
master._known = set(clients)
assert len(master._outstanding()) == 4 and runner.target_user_count == 4
clients["a"].state = clients["b"].state = STATE_MISSING
assert master._outstanding() == {"c", "d"}
assert master._outstanding() == {"c", "d"}
print(runner.target_user_count)
"""


def test_the_lanes_of_lost_workers_are_wanted_no_longer() -> None:
    """Locust would give them to the others when it forgets the lost ones, a minute later."""
    ran = subprocess.run([sys.executable, "-c", LOST], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout == "2\n", ran.stderr


def test_what_exceeds_the_generators_limits_is_dropped_and_counted(ground: Ground) -> None:
    process = ground.start(
        rate_per_s=300.0, duration_s=3.0, mix={"sale": 1.0}, settings={"max_in_flight": 8, "max_queued": 16}
    )
    try:
        wait_for(lambda: len(ground.lines("complete")) > 100)
        ground.api.send_signal(signal.SIGSTOP)
        time.sleep(1)  # the length of the freeze itself
        ground.api.send_signal(signal.SIGCONT)
        assert process.wait(timeout=40) == 0
    finally:
        end(process)
    sums = ground.check_agreement()
    assert sums["dropped"] > 50
    assert sums["scheduled"] == sums["planned"] == sums["completed"] + sums["dropped"]


def swarm(users: int) -> None:
    data = urllib.parse.urlencode({"user_count": users, "spawn_rate": 10, "host": ""}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{WEB_PORT}/swarm", data, timeout=5) as answer:
        assert json.load(answer)["success"]


def test_users_in_the_web_ui_steer_the_arrival_rate(ground: Ground) -> None:
    process = ground.start(web_port=WEB_PORT, by_hand=True, rate_per_s=50.0, duration_s=1.0, mix={"sale": 1.0})
    try:
        wait_for(lambda: b"Starting web interface" in (ground.folder / "load.log").read_bytes())
        wait_for(lambda: answers(f"http://127.0.0.1:{WEB_PORT}/"))
        swarm(1)
        wait_for(lambda: latest_rate(ground, 60) == pytest.approx(50, rel=0.4), 60)
        swarm(4)
        wait_for(lambda: latest_rate(ground, 200) == pytest.approx(200, rel=0.25), 60)
        with urllib.request.urlopen(f"http://127.0.0.1:{WEB_PORT}/stop", b"", timeout=20) as answer:
            assert json.load(answer)["success"]
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=15) == 0
    finally:
        end(process)
    assert ground.check_agreement()["unknown"] == 0


def latest_rate(ground: Ground, arrivals: int) -> float:
    """Return the arrivals per second over the latest ones, by when they were due, however late they were sent."""
    due_us = sorted(line["due_us"] for line in ground.lines("invoke"))[-arrivals:]
    return (len(due_us) - 1) / (due_us[-1] - due_us[0]) * 1e6 if len(due_us) == arrivals else 0.0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"{", "load job"),
        (msgspec.json.encode(job(mix={"sael": 1.0})), "no flow named sael"),
        (msgspec.json.encode({**msgspec.to_builtins(job()), "rate": 3}), "unknown field `rate`"),
        (msgspec.json.encode(job(rate_per_s=-1.0)), "rate_per_s must be positive"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused_in_one_line(tmp_path: Path, document: bytes, says: str) -> None:
    path = tmp_path / "load.json"
    path.write_bytes(document)
    arguments, environment = command(path)
    ended = subprocess.run(
        arguments, env={**os.environ, **environment}, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 64
    assert any(line.startswith("error:") and says in line for line in ended.stderr.splitlines())
    assert "Traceback" not in ended.stderr


def test_a_history_that_cannot_be_written_ends_the_load_as_a_failure(ground: Ground) -> None:
    (ground.folder / "raw").mkdir()
    (ground.folder / "raw" / "history-0.jsonl").symlink_to("/dev/full")
    process = ground.start(rate_per_s=50.0, duration_s=5.0)
    try:
        assert process.wait(timeout=30) == 70
    finally:
        end(process)
    assert "error: the history cannot be written: No space left" in (ground.folder / "load.log").read_text()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_steered_load_goes_as_fast_as_it_is_told_until_it_is_told_to_end(ground: Ground, workers: int) -> None:
    raw = ground.folder / "raw"
    process = ground.start(workers=workers, steered=True, await_start=True, duration_s=600.0, mix={"sale": 1.0})
    try:
        wait_for(lambda: ready_workers(raw) == workers)
        tell_start(raw, time.time_ns() // 1000)
        time.sleep(0.3)
        assert ground.lines("invoke") == []
        tell_rate(raw, 200.0)
        wait_for(lambda: len(ground.lines("invoke")) >= 200)
        tell_rate(raw, 0.0)
        time.sleep(0.5)
        parked_at = len(ground.lines("invoke"))
        time.sleep(0.5)
        assert len(ground.lines("invoke")) == parked_at
        tell_rate(raw, 0.0, over=True)
        assert process.wait(timeout=60) == 0, (ground.folder / "load.log").read_text()
    finally:
        end(process)
    dues = sorted(record["due_us"] for record in ground.lines("invoke") if record["attempt"] == 1)
    assert 100 < len(dues) / ((dues[-1] - dues[0]) / 1e6) < 300
    sums = ground.check_agreement()
    assert sums["planned"] == sums["scheduled"] == sums["completed"]
