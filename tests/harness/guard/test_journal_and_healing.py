import json
import os
from pathlib import Path

import pytest

from harness.core.errors import HarnessError, HealingError
from harness.core.fault import Undo
from harness.guard.clean import heal_outstanding
from harness.guard.healers import clear_gateway_fault, heal
from harness.guard.journal import UndoJournal
from tests.harness.guard.admin import FaultyGateway


def cleared(admin: str, fault: str) -> Undo:
    return Undo("clear_gateway_fault", {"admin": admin, "fault_id": fault})


def quiet(_line: str) -> None:
    return


def test_an_undo_is_outstanding_until_it_is_noted_as_done(tmp_path: Path) -> None:
    journal = UndoJournal(tmp_path / "undo.jsonl")
    first, second = journal.register(cleared("a", "1")), journal.register(cleared("a", "2"))
    assert list(journal.outstanding()) == [second, first]
    journal.done(second)
    assert journal.outstanding() == {first: cleared("a", "1")}


def test_another_process_reads_the_same_journal_and_continues_its_numbers(tmp_path: Path) -> None:
    entry = UndoJournal(tmp_path / "undo.jsonl").register(cleared("a", "1"))
    again = UndoJournal(tmp_path / "undo.jsonl")
    assert list(again.outstanding()) == [entry]
    assert again.register(cleared("a", "2")) != entry


def test_a_line_cut_short_by_a_kill_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "undo.jsonl"
    entry = UndoJournal(path).register(cleared("a", "1"))
    with path.open("a") as stream:
        stream.write('{"entry": "2", "ki')
    assert list(UndoJournal(path).outstanding()) == [entry]


def test_a_line_after_one_that_was_cut_short_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "undo.jsonl"
    path.write_text('{"entry": "1", "ki')
    journal = UndoJournal(path)
    entry = journal.register(cleared("a", "1"))
    assert list(journal.outstanding()) == [entry]


def test_every_line_is_json(tmp_path: Path) -> None:
    journal = UndoJournal(tmp_path / "undo.jsonl")
    journal.done(journal.register(cleared("a", "1")))
    lines = [line for line in (tmp_path / "undo.jsonl").read_text().splitlines() if line]
    assert [sorted(json.loads(line)) for line in lines] == [["arguments", "entry", "kind"], ["done"]]


def test_one_failing_heal_never_stops_the_others(tmp_path: Path) -> None:
    journal = UndoJournal(tmp_path / "undo.jsonl")
    with FaultyGateway({"f1", "f2"}) as gateway:
        journal.register(cleared(gateway.url, "f1"))
        journal.register(Undo("no_such_healer", {}))
        journal.register(cleared("http://127.0.0.1:1", "unreachable"))
        journal.register(cleared(gateway.url, "f2"))
        problems = heal_outstanding(journal, quiet, deadline_s=0.0)
        assert gateway.faults == set()
    assert len(problems) == 2
    assert any("no_such_healer" in problem for problem in problems)
    assert any("unreachable could not be healed" in problem for problem in problems)


def test_what_could_be_healed_is_forgotten_and_an_empty_journal_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "undo.jsonl"
    journal = UndoJournal(path)
    with FaultyGateway({"f1"}) as gateway:
        journal.register(cleared(gateway.url, "f1"))
        assert heal_outstanding(journal, quiet) == []
    assert not path.exists()


def test_healing_twice_is_harmless() -> None:
    with FaultyGateway({"f1"}) as gateway:
        for _ in range(2):
            clear_gateway_fault({"admin": gateway.url, "fault_id": "f1"})
        assert gateway.faults == set()


def test_a_fault_that_is_still_there_after_its_removal_is_not_called_healed() -> None:
    with FaultyGateway({"f1"}, stuck=frozenset({"f1"})) as gateway, pytest.raises(HealingError, match="still planted"):
        heal(cleared(gateway.url, "f1"))


def test_a_malformed_undo_is_a_healing_error() -> None:
    with pytest.raises(HealingError, match="malformed"):
        heal(Undo("restore_link", {"link": "x"}))


def test_an_undo_that_was_written_in_part_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = UndoJournal(tmp_path / "undo.jsonl")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:9]))
    with pytest.raises(HarnessError, match="only 9 of"):
        journal.register(cleared("a", "1"))
    monkeypatch.undo()
    entry = journal.register(cleared("a", "2"))
    assert list(UndoJournal(tmp_path / "undo.jsonl").outstanding()) == [entry]


def test_a_full_disk_leaves_no_fault_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "undo.jsonl"
    journal = UndoJournal(path)
    with FaultyGateway({"f1", "f2"}) as gateway:
        journal.register(cleared(gateway.url, "f1"))
        journal.register(cleared(gateway.url, "f2"))

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        assert heal_outstanding(journal, quiet, deadline_s=0.0) == []
        assert gateway.faults == set()
        assert not path.exists()
        with pytest.raises(HarnessError, match="No space left"):
            journal.register(cleared("a", "3"))
