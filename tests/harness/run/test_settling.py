"""Settling and the final reads, on a target made of plain values."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from harness.core.errors import ControlError, HarnessError
from harness.run.events import EventLog
from harness.run.settling import await_steady, final_reads, note_healthy, references_of, settle


class StandIn:
    """The few methods of a target that settling asks for."""

    def __init__(
        self,
        *,
        steady: Sequence[str] = ("",),
        backlog: Sequence[Mapping[str, int]] = ({},),
        payments: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
        broken: bool = False,
        silent: int = 0,
    ) -> None:
        self._steady = list(steady)
        self._backlog = list(backlog)
        self._payments = payments or {}
        self._broken = broken
        self._silent = silent

    def steady(self) -> str:
        return self._steady.pop(0) if len(self._steady) > 1 else self._steady[0]

    def healthy(self) -> str:
        return self.steady()

    def backlog(self) -> Mapping[str, int]:
        if self._silent:
            self._silent -= 1
            raise ControlError("the books do not answer")
        return self._backlog.pop(0) if len(self._backlog) > 1 else self._backlog[0]

    def repair(self) -> None:
        self._backlog = [{}]

    def resolve(self, merchant_id: str, reference: str) -> Sequence[Mapping[str, object]]:
        if self._broken:
            raise ControlError("no answer")
        return self._payments.get(f"{merchant_id}/{reference}", [])


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventLog]:
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        yield log


def last_event(folder: Path) -> dict[str, object]:
    return json.loads((folder / "events.jsonl").read_text().splitlines()[-1])


def record_creates(raw: Path, *references: str) -> None:
    raw.mkdir()
    line = {"e": "invoke", "kind": "create", "merchant_id": "m_alpha"}
    lines = [json.dumps({**line, "reference": reference}) for reference in references]
    (raw / "history-w0.jsonl").write_text("\n".join([*lines, '{"e":"invoke","kind":"create","ref']))


def test_a_platform_is_steady_when_it_says_so_twice_in_a_row() -> None:
    target = StandIn(steady=["", "api2 is not healthy", "", ""])
    await_steady(target, deadline_s=5)
    assert target.steady() == ""


def test_a_platform_that_never_gets_steady_is_named_with_its_reason() -> None:
    with pytest.raises(HarnessError, match="api2 is not healthy"):
        await_steady(StandIn(steady=["api2 is not healthy"]), deadline_s=0.6)


def test_a_platform_that_does_not_come_back_is_a_finding_and_no_error(tmp_path: Path, events: EventLog) -> None:
    note_healthy(StandIn(steady=["api2 is not healthy"]), events, deadline_s=0.5)
    event = last_event(tmp_path)
    assert (event["kind"], event["reason"]) == ("steady_again", "api2 is not healthy")


def test_settling_ends_when_nothing_is_in_flight(tmp_path: Path, events: EventLog) -> None:
    settle(StandIn(backlog=[{"open_operations": 3}, {"open_operations": 0}]), events)
    assert last_event(tmp_path)["drained"] is True


def test_what_is_still_in_flight_at_the_deadline_is_written_down(tmp_path: Path, events: EventLog) -> None:
    target = StandIn(backlog=[{"open_operations": 3, "outbox_pending": 0}])
    settle(target, events, deadline_s=0.3)
    event = last_event(tmp_path)
    assert (event["drained"], event["backlog"]) == (False, {"open_operations": 3})


def test_a_target_that_is_seen_from_outside_is_asked_what_is_not_at_rest(tmp_path: Path, events: EventLog) -> None:
    class Outside(StandIn):
        def unsettled(self) -> Mapping[str, int]:
            return {"charges that still changed": 2}

    settle(Outside(), events, deadline_s=0.3)
    event = last_event(tmp_path)
    assert (event["drained"], event["backlog"]) == (False, {"charges that still changed": 2})


def test_a_target_that_does_not_say_what_is_left_is_asked_again(tmp_path: Path, events: EventLog) -> None:
    settle(StandIn(silent=2), events)
    event = last_event(tmp_path)
    assert (event["drained"], event["reason"]) == (True, "")


def test_a_target_that_never_says_what_is_left_has_not_settled(tmp_path: Path, events: EventLog) -> None:
    settle(StandIn(silent=1000), events, deadline_s=0.3)
    event = last_event(tmp_path)
    assert (event["drained"], event["backlog"], event["reason"]) == (False, {}, "the books do not answer")


@pytest.mark.parametrize(("done", "drained", "backlog"), [(0, False, {"open_operations": 3}), (2, True, {})])
def test_only_what_an_operator_did_then_is_waited_for_again(
    tmp_path: Path, events: EventLog, done: int, drained: bool, backlog: dict[str, int]
) -> None:
    target = StandIn(backlog=[{"open_operations": 3}])

    def act() -> int:
        target.repair()
        return done

    settle(target, events, act, deadline_s=0.3)
    event = last_event(tmp_path)
    assert (event["drained"], event["backlog"]) == (drained, backlog)


def test_every_payment_asked_for_is_read_once_more_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    record_creates(tmp_path / "raw", "r1", "r2", "r1")
    assert references_of(tmp_path / "raw") == [("m_alpha", "r1"), ("m_alpha", "r2")]


def test_final_reads_record_what_the_api_shows_also_when_it_shows_nothing(tmp_path: Path, events: EventLog) -> None:
    record_creates(tmp_path / "raw", "r1", "r2")
    payment = {"id": "pay_1", "status": "captured", "amount_minor": 1999, "currency": "EUR"}
    target = StandIn(payments={"m_alpha/r1": [payment]})
    final_reads(target, tmp_path / "raw", events)
    lines = [json.loads(line) for line in (tmp_path / "raw" / "history-final.jsonl").read_text().splitlines()]
    assert [line.get("got_status") for line in lines if line["e"] == "complete"] == ["captured", None]
    assert last_event(tmp_path)["finished"] is True


class Listing(StandIn):
    """Lists what it has in pages of one, and keeps count of what was asked for by its reference."""

    def __init__(
        self, *pages: Sequence[Mapping[str, object]], fails: bool = False, **had: Sequence[Mapping[str, object]]
    ):
        super().__init__(payments={f"m_alpha/{reference}": found for reference, found in had.items()})
        self.asked: list[str] = []
        self._pages, self._fails = pages, fails

    def pages(self, merchant_id: str) -> Iterator[Sequence[Mapping[str, object]]]:
        yield from self._pages
        if self._fails:
            raise ControlError("no answer")

    def resolve(self, merchant_id: str, reference: str) -> Sequence[Mapping[str, object]]:
        self.asked.append(reference)
        return super().resolve(merchant_id, reference)


def read_by(target: StandIn, folder: Path, events: EventLog) -> list[tuple[str, str | None]]:
    """Return each reference that was read, with the status that was shown for it."""
    final_reads(target, folder / "raw", events)
    lines = [json.loads(line) for line in (folder / "raw" / "history-final.jsonl").read_text().splitlines()]
    return [(asked["reference"], got["got_status"]) for asked, got in zip(lines[::2], lines[1::2], strict=True)]


def test_what_the_lists_show_is_read_from_them_and_the_rest_by_its_reference(tmp_path: Path, events: EventLog) -> None:
    record_creates(tmp_path / "raw", "r1", "r2", "r3")
    failed, paid, unlisted = (
        {"id": f"pay_{n}", "status": status, "merchant_reference": reference}
        for n, status, reference in ((1, "failed", "r1"), (2, "captured", "r1"), (3, "captured", "r2"))
    )
    target = Listing([paid], [failed], r2=[unlisted])
    assert read_by(target, tmp_path, events) == [
        ("r1", "captured"), ("r1", "failed"), ("r2", "captured"), ("r3", None),
    ]  # fmt: skip
    assert target.asked == ["r2", "r3"]


def test_half_a_list_is_none(tmp_path: Path, events: EventLog) -> None:
    record_creates(tmp_path / "raw", "r1")
    paid = {"id": "pay_2", "status": "captured", "merchant_reference": "r1"}
    failed = {"id": "pay_1", "status": "failed", "merchant_reference": "r1"}
    target = Listing([paid], fails=True, r1=[paid, failed])
    assert read_by(target, tmp_path, events) == [("r1", "captured"), ("r1", "failed")]
    assert target.asked == ["r1"]


def test_final_reads_that_could_not_finish_say_so(tmp_path: Path, events: EventLog) -> None:
    record_creates(tmp_path / "raw", "r1")
    final_reads(StandIn(broken=True), tmp_path / "raw", events, deadline_s=0.5)
    event = last_event(tmp_path)
    assert (event["finished"], event["unread"], event["reason"]) == (False, 1, "no answer")
