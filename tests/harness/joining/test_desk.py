"""What the run answers: only to its token, only for shares that were given, no byte of a file twice."""

import errno
import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import requests

from harness.core.errors import ControlError, HarnessError, UsageError
from harness.joining import Gathering, Joining, JoinServer, check_free, join, make_gathering
from harness.joining.client import RunClient
from harness.joining.code import code_digest
from harness.joining.forwarding import Forwarder
from harness.joining.messages import Ended, JoinRequest
from harness.joining.roster import Roster
from tests.harness.joining.ground import wait_for

pytestmark = pytest.mark.real

GATHERING = Gathering("127.0.0.1", 28520, 2, "a-token-for-this-test")
JOB = {"seed": 1, "api_urls": {"api1": "http://127.0.0.1:1", "api2": "http://127.0.0.1:2"}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JoinServer]:
    for name in ("raw", "logs"):
        (tmp_path / name).mkdir()
    made = JoinServer(GATHERING, tmp_path, JOB, lambda: 42)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(server: JoinServer) -> Iterator[RunClient]:
    made = RunClient(GATHERING.host, GATHERING.port, GATHERING.token)
    yield made
    made.close()


def request(workers: int = 1, code: str | None = None) -> JoinRequest:
    return JoinRequest("host-b", workers, code or code_digest(), 250)


def test_nobody_is_heard_without_the_token(server: JoinServer) -> None:
    stranger = RunClient(GATHERING.host, GATHERING.port, "another-token-of-twelve")
    for attempt in (stranger.clock_us, lambda: stranger.join(request()), lambda: stranger.put("ready-0", 0, b"x")):
        with pytest.raises(UsageError, match="the token is not this run's"):
            attempt()
    stranger.close()
    assert server.joined == 0
    assert requests.get("http://127.0.0.1:28520/v1/start", timeout=5).status_code == 401


def test_shares_are_given_once_and_never_more_than_are_wanted(client: RunClient) -> None:
    with pytest.raises(UsageError, match="wants 2 more workers, not 3"):
        client.join(request(3))
    with pytest.raises(UsageError, match="not the run's") as refused:
        client.join(request(code="0123456789abcdef"))
    assert "the same Faultline" in refused.value.hint
    first, second = client.join(request()), client.join(request())
    assert (first.shares, second.shares, first.job, first.master_port) == ([0], [1], JOB, 28521)
    with pytest.raises(UsageError, match="wants 0 more workers"):
        client.join(request())
    assert client.start([0, 1]).start_at_us == 42


def test_a_host_that_names_a_replica_that_there_is_not_takes_no_share(server: JoinServer, client: RunClient) -> None:
    with pytest.raises(UsageError, match="it has no replica api8, api9; valid: api1, api2"):
        client.join(JoinRequest("host-b", 1, code_digest(), 250, ["api9", "api1", "api8"]))
    assert server.joined == 0
    assert client.join(JoinRequest("host-b", 1, code_digest(), 250, ["api2"])).shares == [0]


def test_a_file_is_handed_over_once_however_often_its_parts_are_sent(client: RunClient, tmp_path: Path) -> None:
    client.join(request())
    source = tmp_path / "history-0.jsonl"
    file = Forwarder(client, source)
    file.push()
    assert file.complete
    source.write_bytes(b"one\n" * 400_000)
    file.push()
    assert client.put("history-0.jsonl", 0, b"one\none\n") == 1_600_000
    with source.open("ab") as out:
        out.write(b"two\n")
    assert not file.complete
    file.push()
    assert (tmp_path / "raw" / "history-0.jsonl").read_bytes() == b"one\n" * 400_000 + b"two\n"


@pytest.mark.parametrize(
    "name", ["history-1.jsonl", "plan.json", "..%2Fplan.json", "history-0.jsonl.draft", "start.json"]
)
def test_nothing_else_can_be_written(server: JoinServer, client: RunClient, tmp_path: Path, name: str) -> None:
    ticket = client.join(request()).ticket
    headers = {"Authorization": f"Bearer {GATHERING.token}", "X-Faultline-Ticket": ticket}
    answer = requests.put(f"http://127.0.0.1:28520/v1/files/{name}", b"x", headers=headers, timeout=5)
    assert answer.status_code in (400, 404)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["worker-0.json"]


def test_a_host_of_an_earlier_run_is_not_heard_by_the_next(client: RunClient, tmp_path: Path) -> None:
    sleeper = RunClient(GATHERING.host, GATHERING.port, GATHERING.token)
    sleeper.clock_us()
    client.join(request())
    for attempt in (lambda: sleeper.start([0]), lambda: sleeper.put("history-0.jsonl", 0, b"old\n")):
        with pytest.raises(ControlError, match="the run that this host joined is over"):
            attempt()
    sleeper.close()
    assert not (tmp_path / "raw" / "history-0.jsonl").exists()


def test_the_account_says_who_ended_and_who_fell_silent(server: JoinServer, client: RunClient, tmp_path: Path) -> None:
    client.join(request(2))
    client.ended(Ended(share=0, status=-9, clock_drift_us=17))
    assert server.ended == ["worker 0 on host-b was killed by SIGKILL"]
    server.await_ended(deadline_s=10.0, silent_s=0.0)
    accounts = [msgspec.json.decode((tmp_path / "raw" / f"worker-{n}.json").read_bytes()) for n in (0, 1)]
    assert accounts[0] == {
        "worker": 0,
        "host": "host-b",
        "ended": "was killed by SIGKILL",
        "handed_over": True,
        "clock_error_us": 250,
        "clock_drift_us": 17,
    }
    assert (accounts[1]["handed_over"], accounts[1]["ended"]) == (False, "was lost: its host fell silent")


def test_a_host_that_cannot_start_its_workers_tells_the_run(
    server: JoinServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "job.json")

    monkeypatch.setattr("harness.joining.host.Part", full)
    asked = Joining(GATHERING.host, GATHERING.port, GATHERING.token, 2, tmp_path / "own", wait_s=5.0)
    with pytest.raises(HarnessError, match=r"cannot be started: No space left on device \(job\.json\)"):
        join(asked, lambda _: None)
    assert [told.rpartition(" on ")[0] for told in server.ended] == ["worker 0", "worker 1"]
    assert all(told.endswith("ended with code 70") for told in server.ended)


def test_whoever_joined_together_is_heard_together() -> None:
    """Their histories go the same way one after the other, and a slow way takes longer than silence may."""
    now = [0.0]
    roster = Roster(3, now_s=lambda: now[0])
    assert (roster.join(request(2)), roster.join(request())) == ([0, 1], [2])
    now[0] = 9.0
    roster.heard(1)
    assert [share.number for share in roster.outstanding(silent_s=8.0)] == [0, 1]
    now[0] = 18.0
    roster.end(Ended(0, 0, 0))
    assert [share.number for share in roster.outstanding(silent_s=8.0)] == [1]


def test_a_host_is_heard_of_while_a_part_of_a_file_is_still_under_way(
    server: JoinServer, client: RunClient, tmp_path: Path
) -> None:
    ticket = client.join(request()).ticket
    headers = {"Authorization": f"Bearer {GATHERING.token}", "X-Faultline-Ticket": ticket, "Content-Length": "8"}
    share = server._desk.roster.shares[0]
    heard: list[float] = []

    def slowly() -> Iterator[bytes]:
        for piece in (b"one\n", b"two\n"):
            share.heard_at_s = 0.0
            yield piece
            wait_for(lambda: share.heard_at_s > 0.0, 20.0)
            heard.append(share.heard_at_s)

    with closing(http.client.HTTPConnection("127.0.0.1", 28520, timeout=20)) as connection:
        connection.request("PUT", "/v1/files/history-0.jsonl", slowly(), headers)
        assert connection.getresponse().status == 200
    assert len(heard) == 2
    assert (tmp_path / "raw" / "history-0.jsonl").read_bytes() == b"one\ntwo\n"


def test_a_run_that_dies_leaves_an_account_of_who_had_joined(client: RunClient, tmp_path: Path) -> None:
    client.join(request(2))
    client.ended(Ended(share=1, status=0, clock_drift_us=3))
    accounts = [msgspec.json.decode((tmp_path / "raw" / f"worker-{n}.json").read_bytes()) for n in (0, 1)]
    assert [item["handed_over"] for item in accounts] == [False, True]
    assert [item["ended"] for item in accounts] == ["was at work when the run itself died", "ended with code 0"]


def test_an_address_that_is_taken_is_refused_before_anything_starts(server: JoinServer) -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:28520 cannot be listened on"):
        check_free(GATHERING)


@pytest.mark.parametrize("token", ["short", "with a space in it", "é" * 20])
def test_a_weak_token_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="12 to 200 visible ASCII"):
        make_gathering(1, "127.0.0.1:28530", {"FAULTLINE_JOIN_TOKEN": token})


def test_each_run_makes_a_token_of_its_own() -> None:
    tokens = {make_gathering(1, "127.0.0.1:28530", {}).token for _ in range(5)}
    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 20
