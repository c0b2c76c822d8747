"""Histogram, schedule, HTTP answers, classification, retries, the history file."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.answers import Reading, read
from loadtests.following import verdict_on
from loadtests.histogram import Histogram
from loadtests.history import HistoryFile
from loadtests.http1 import Answer, MalformedAnswer, read_answer
from loadtests.job import Settings
from loadtests.journal import Journal
from loadtests.retrying import pause_before_retry
from loadtests.schedule import Schedule
from loadtests.tally import Tally
from tests.loadtests.stage import Stage, subject

PAYMENT = b'{"object":"payment","id":"p","status":"captured","amount_minor":5}'


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
@settings(max_examples=60)
def test_a_histogram_is_never_more_than_half_a_percent_off(samples: list[int], share: float) -> None:
    histogram = Histogram()
    for sample in samples:
        histogram.record(sample)
    exact = sorted(samples)[max(0, -int(-len(samples) * share // 1) - 1)]
    assert histogram.quantile_us(share) == pytest.approx(exact, rel=0.0055, abs=0.5)


def test_merged_histograms_count_what_both_counted() -> None:
    one, other, both = Histogram(), Histogram(), Histogram()
    for value in range(0, 50_000, 7):
        (one if value % 2 else other).record(value)
        both.record(value)
    one.merge(other)
    assert one.summary() == both.summary()


def test_a_parked_plan_is_never_due_and_resumes_where_it_stood() -> None:
    schedule = Schedule(start_us=1_000, speed=1.0)
    assert schedule.due_us(500) == 1_500
    schedule.set_speed(1_200, 0.0)
    assert schedule.due_us(500) is None
    schedule.set_speed(9_000, 2.0)
    assert schedule.due_us(500) == 9_150


def test_a_change_of_speed_before_the_start_keeps_the_start() -> None:
    schedule = Schedule(start_us=1_000, speed=1.0)
    schedule.set_speed(400, 2.0)
    assert schedule.due_us(0) == 1_000
    assert schedule.due_us(500) == 1_250


@pytest.mark.parametrize(
    ("received", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length:0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_an_answer_is_read_once_its_last_byte_came_and_not_before(received: bytes, body: bytes) -> None:
    assert all(read_answer(received[:end]) is None for end in range(len(received)))
    answer = read_answer(received)
    assert answer is not None
    assert answer.body == body


@pytest.mark.parametrize(
    "received",
    [
        b"SSH-2.0-OpenSSH",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
    ],
)
def test_bytes_that_are_no_answer_are_refused(received: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read_answer(received)


def test_an_answer_without_a_length_ends_with_its_connection_and_closes_it() -> None:
    received = b"HTTP/1.0 200 OK\r\n\r\nall of it"
    assert read_answer(received) is None
    answer = read_answer(received, ended=True)
    assert answer is not None
    assert (answer.body, answer.keeps_alive) == (b"all of it", False)


def error(code: str, definite: str) -> bytes:
    return b'{"error":{"code":"%b","definite":%b}}' % (code.encode(), definite.encode())


@pytest.mark.parametrize(
    ("kind", "answer", "outcome"),
    [
        ("create", Answer(201, b"", PAYMENT), "OK"),
        ("create", Answer(202, b"", PAYMENT.replace(b"captured", b"processing")), "UNKNOWN"),
        ("create", Answer(201, b"", PAYMENT.replace(b"captured", b"processing")), "UNKNOWN"),
        ("get", Answer(200, b"", PAYMENT.replace(b"captured", b"processing")), "OK"),
        ("refund", Answer(201, b"", b'{"object":"refund","id":"r","status":"pending"}'), "UNKNOWN"),
        ("refund", Answer(201, b"", b'{"object":"refund","id":"r","status":"succeeded"}'), "OK"),
        ("create", Answer(402, b"", error("card_declined", "true")), "FAILED"),
        ("create", Answer(409, b"", error("idempotency_key_in_use", "false")), "UNKNOWN"),
        ("create", Answer(409, b"", error("idempotency_key_in_use", "true")), "UNKNOWN"),
        ("create", Answer(422, b"", error("idempotency_key_reused", "true")), "FAILED"),
        ("create", Answer(422, b"", error("whatever", "false")), "UNKNOWN"),
        ("create", Answer(503, b"", error("gateways_unavailable", "true")), "FAILED"),
        ("create", Answer(500, b"", error("internal", "false")), "UNKNOWN"),
        ("create", Answer(502, b"", b"<html>"), "UNKNOWN"),
        ("create", Answer(404, b"", b"{}"), "UNKNOWN"),
        ("create", Answer(201, b"", b"{}"), "UNKNOWN"),
        ("create", Answer(201, b"", PAYMENT.replace(b"5", b'"5"')), "UNKNOWN"),
        ("create", Answer(302, b"", PAYMENT), "UNKNOWN"),
        ("create", Answer(error="timeout"), "UNKNOWN"),
        ("create", Answer(error="connect_refused"), "FAILED"),
        ("list", Answer(200, b"", b'{"data":[]}'), "OK"),
        ("list", Answer(200, b"", b"{}"), "UNKNOWN"),
    ],
)
def test_whatever_is_not_a_definite_yes_or_no_is_unknown(kind: str, answer: Answer, outcome: str) -> None:
    assert read(kind, answer).outcome == outcome


def test_unknown_is_retried_with_growing_pauses_and_not_for_ever() -> None:
    unknown = Reading("UNKNOWN", error="timeout")
    pauses = [pause_before_retry(Settings(), attempt, Answer(), unknown, 0.99) for attempt in (1, 2, 3, 4)]
    assert pauses[:3] == [pytest.approx(0.198), pytest.approx(0.396), pytest.approx(0.792)]
    assert pauses[3] is None


def test_retry_after_is_honoured() -> None:
    answer = Answer(409, b"http/1.1 409 x\r\nretry-after: 1", b"")
    assert pause_before_retry(Settings(), 1, answer, Reading("UNKNOWN"), 0.1) == 1.0


def test_a_definite_503_is_tried_once_more_and_a_decline_never() -> None:
    refused = Reading("FAILED", error_code="gateways_unavailable", definite=True)
    assert pause_before_retry(Settings(), 1, Answer(503), refused, 0.5) is not None
    assert pause_before_retry(Settings(), 2, Answer(503), refused, 0.5) is None
    assert pause_before_retry(Settings(), 1, Answer(402), refused, 0.5) is None


@pytest.mark.parametrize(
    ("kind", "fields", "outcome"),
    [
        ("create", {"status": "processing"}, "UNKNOWN"),
        ("create", {"status": "captured"}, "OK"),
        ("create", {"status": "failed"}, "FAILED"),
        ("capture", {"status": "authorized", "captured_minor": 0}, "UNKNOWN"),
        ("capture", {"status": "captured", "captured_minor": 5}, "OK"),
        ("void", {"status": "canceled", "captured_minor": 0}, "OK"),
        ("void", {"status": "authorized", "captured_minor": 0}, "UNKNOWN"),
        ("refund", {"object": "refund", "status": "failed"}, "FAILED"),
        ("refund", {"object": "refund", "status": "pending"}, "UNKNOWN"),
    ],
)
def test_what_is_seen_later_decides_what_was_sent(kind: str, fields: dict[str, object], outcome: str) -> None:
    operation = Stage().session().draft(kind, "/x", {})
    assert verdict_on(operation, subject(**fields)) == outcome


def test_requests_are_on_disk_after_the_commit_and_answers_after_the_flush(tmp_path: Path) -> None:
    path, stage = tmp_path / "history-0.jsonl", Stage()
    stage.play("sale")
    invoke = stage.invokes[0]
    journal = Journal(HistoryFile(path), Tally(), lambda: invoke.due_us + 250)

    def seen() -> list[str]:
        return [json.loads(line)["e"] for line in path.read_text().splitlines()]

    journal.invoke(invoke, opens_arrival=True)
    journal.commit()
    assert seen() == ["invoke"]
    assert (invoke.sent_us, journal.open) == (invoke.due_us + 250, 1)
    journal.complete(invoke, Answer(error="timeout"), Reading("UNKNOWN", error="timeout"), invoke.due_us + 900)
    journal.flush()
    assert seen() == ["invoke", "complete"]
    journal.tally.take()
    tally = journal.tally
    assert (tally.sent, tally.lag.max_us, tally.service.max_us, tally.response.max_us) == (1, 250, 650, 900)
    assert journal.open == 0


def test_an_answer_is_never_written_before_its_request(tmp_path: Path) -> None:
    path, stage = tmp_path / "history-0.jsonl", Stage()
    stage.play("sale")
    journal = Journal(HistoryFile(path), Tally(), stage.now_us)
    journal.invoke(stage.invokes[0], opens_arrival=False)
    journal.complete(stage.invokes[0], Answer(error="connect_refused"), Reading("UNKNOWN"), stage.now_us())
    journal.flush()
    assert [json.loads(line)["e"] for line in path.read_text().splitlines()] == ["invoke", "complete"]
