"""What has become of a load's operations, read while it runs."""

import json
from pathlib import Path

from harness.run.following import Follower
from loadtests.steering import Told, tell_rate, told_rate


def invoke(op: str, due_us: int, attempt: int = 1, expect: str = "succeed") -> dict[str, object]:
    return {
        "e": "invoke", "op": op, "attempt": attempt, "kind": "create", "expect": expect, "due_us": due_us,
        "sent_us": due_us + 500, "flow": "sale",
    }  # fmt: skip


def complete(op: str, done_us: int, outcome: str, status: int | None = None, attempt: int = 1) -> dict[str, object]:
    return {
        "e": "complete", "op": op, "attempt": attempt, "done_us": done_us, "outcome": outcome, "http_status": status,
        "definite": True,
    }  # fmt: skip


def write(raw: Path, *lines: dict[str, object], torn: str = "") -> None:
    with (raw / "history-0.jsonl").open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines) + torn)


def test_operations_count_from_when_they_were_due_with_all_their_retries(tmp_path: Path) -> None:
    write(tmp_path, invoke("a", 1_000_000), complete("a", 1_400_000, "UNKNOWN"), invoke("a", 1_600_000, attempt=2))
    follower = Follower(tmp_path)
    follower.look()
    [known] = follower.operations
    assert follower.in_flight == 1
    assert known.failed(2_000_000) is None
    assert known.wait_ms(2_000_000) == 1000
    write(tmp_path, complete("a", 2_100_000, "OK", 201, attempt=2))
    follower.look()
    assert follower.in_flight == 0
    assert known.failed(2_200_000) is False
    assert known.wait_ms(9_000_000) == 1100


def test_refused_for_good_is_known_at_once_and_silence_after_five_seconds(tmp_path: Path) -> None:
    write(tmp_path, invoke("no", 0), complete("no", 90_000, "FAILED", 422), invoke("later", 0))
    write(tmp_path, complete("later", 90_000, "FAILED", 429), invoke("mute", 0), invoke("race", 0, expect="any"))
    follower = Follower(tmp_path)
    follower.look()
    refused, later, mute = follower.operations
    assert refused.failed(100_000) is True
    assert refused.wait_ms(4_000_000) == 90
    assert later.failed(100_000) is None
    assert mute.failed(4_900_000) is None
    assert later.failed(5_100_000) is True
    assert mute.failed(5_100_000) is True


def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    text = json.dumps(invoke("a", 5))
    write(tmp_path, torn=text[:20])
    follower = Follower(tmp_path)
    follower.look()
    assert not follower.operations
    write(tmp_path, torn=text[20:] + "\nnot json\n")
    follower.look()
    assert [item.due_us for item in follower.since(0, 10)] == [5]
    assert not follower.since(6, 10)


def test_what_is_told_of_the_rate_is_what_was_said_last(tmp_path: Path) -> None:
    assert told_rate(tmp_path) is None
    tell_rate(tmp_path, 12.5)
    tell_rate(tmp_path, 40.0)
    assert told_rate(tmp_path) == Told(40.0)
    tell_rate(tmp_path, 0.0, over=True)
    assert told_rate(tmp_path) == Told(0.0, over=True)
