"""What a short trial of the load says: who drowns is told so before anything is broken, with a rate to try."""

import json
from pathlib import Path

import pytest

from harness.core.load import Load
from harness.run.settling import PAUSE_MAX_S, POLL_S, pause_s
from harness.run.trial import Sent, read, said_of_adapter, shortened, slower, trouble

RATE = 12.0


def prompt(at_s: float, took_s: float | None = 0.05, outcome: str = "OK", code: str = "", kind: str = "create") -> Sent:
    return Sent(at_s, took_s, outcome, code, kind)


SOUND = [prompt(number / RATE) for number in range(60)]


def test_whoever_answers_all_along_is_sent_the_load() -> None:
    assert trouble(SOUND, RATE, "") is None


def test_a_lost_answer_among_many_is_no_drowning() -> None:
    assert trouble([*SOUND, prompt(5.0, None, "UNKNOWN")], RATE, "") is None


def test_whoever_stops_answering_is_told_when_and_what_to_try() -> None:
    drowned = [*SOUND[:36], *(prompt(3.0 + number / RATE, None, "UNKNOWN") for number in range(24))]
    refused = trouble(drowned, RATE, "")
    assert refused is not None
    assert str(refused) == (
        "the system does not keep up with 12 arrivals per second: it stopped answering at 3 s (24 of 60 requests got "
        "no answer in time), and nothing was broken"
    )
    assert refused.hint.startswith("try --rate 3; `patience_s`")
    assert refused.exit_code == 64


def test_whoever_falls_behind_is_told_before_it_stops_answering() -> None:
    late = [prompt(number / RATE, 0.05 + number * 0.04) for number in range(60)]
    refused = trouble(late, RATE, "")
    assert refused is not None
    assert "its answers took 0.43 s at first and 2.0 s at the end" in str(refused)
    assert "try --rate" in refused.hint


def test_whoever_is_slow_all_along_is_not_drowning() -> None:
    assert trouble([prompt(number / RATE, 2.0) for number in range(60)], RATE, "") is None


def test_an_adapter_that_cannot_read_answers_is_told_what_they_were() -> None:
    failed = [*SOUND[:50], *(prompt(4.5, 0.05, "UNKNOWN", "adapter_failed") for _ in range(10))]
    refused = trouble(failed, RATE, "the adapter could not read an answer, which counts as UNKNOWN: KeyError: 'id'")
    assert str(refused) == "the adapter could not read 10 of 60 answers, and nothing was broken: KeyError: 'id'"


def test_a_load_of_which_nothing_succeeds_is_told_what_came_instead() -> None:
    refused = trouble([prompt(number / RATE, 0.05, "FAILED", "refused") for number in range(60)], RATE, "")
    assert str(refused) == "not one of 60 payments succeeded, and nothing was broken: refused"


@pytest.mark.parametrize(
    ("share", "rate", "wanted"), [(1.0, 12, 5), (0.5, 12, 3), (0.1, 12, 0.5), (0.0, 12, 0.2), (0.0, 0.2, 0.1)]
)
def test_the_rate_to_try_is_a_part_of_what_was_answered(share: float, rate: float, wanted: float) -> None:
    sent = [prompt(number / 10, 0.05 if number < share * 100 else None) for number in range(100)]
    assert slower(sent, rate) == wanted


@pytest.mark.parametrize(("rate", "lasts_s"), [(0.5, 12.0), (2.0, 6.0), (12.0, 5.0), (500.0, 5.0)])
def test_a_trial_lasts_as_long_as_a_few_arrivals(rate: float, lasts_s: float) -> None:
    load = Load(rate, 60.0, {"sale": 1.0})
    assert (shortened(load).duration_s, shortened(load).rate_per_s) == (lasts_s, rate)


def test_the_raw_history_tells_what_became_of_each_request(tmp_path: Path) -> None:
    lines = [
        {"e": "invoke", "op": "1", "attempt": 1, "kind": "create", "sent_us": 1_000_000},
        {"e": "invoke", "op": "2", "attempt": 1, "kind": "list", "sent_us": 2_000_000},
        {"e": "complete", "op": "1", "attempt": 1, "done_us": 1_500_000, "outcome": "OK", "http_status": 200},
        {"e": "complete", "op": "2", "attempt": 1, "done_us": 7_000_000, "outcome": "UNKNOWN", "http_status": None},
        {"e": "invoke", "op": "3", "attempt": 1, "kind": "list", "sent_us": 6_000_000},
        {"e": "complete", "op": "3", "attempt": 1, "done_us": 7_000_000, "outcome": "UNKNOWN", "error": "abandoned"},
    ]
    (tmp_path / "history-0.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert list(read(tmp_path, 500_000)) == [Sent(0.5, 0.5, "OK", "", "create"), Sent(1.5, None, "UNKNOWN", "", "list")]


def test_what_the_log_said_before_is_not_what_it_says_now(tmp_path: Path) -> None:
    log = tmp_path / "load.log"
    assert said_of_adapter(log) == ""
    log.write_text("the adapter could not read an answer: old\n")
    begun = log.stat().st_size
    assert said_of_adapter(log, begun) == ""
    log.write_text(log.read_text() + "x\nthe adapter could not read an answer: new\n")
    assert said_of_adapter(log, begun) == "the adapter could not read an answer: new"


def test_whoever_is_slow_to_answer_is_asked_at_most_half_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.run.settling.time.monotonic", lambda: 100.0)
    assert [round(pause_s(began), 3) for began in (99.99, 98.0, 40.0)] == [POLL_S, 2.0, PAUSE_MAX_S]
