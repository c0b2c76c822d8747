"""What people say is kept in order, with its author, in a file; roles and pages are checked."""

import json
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.gameday.book import TEXT_MAX, DayBook, EntryKind, read_book
from harness.gameday.paging import FilePort, checked_url, page_now
from harness.gameday.roles import RolesFile


def test_entries_are_read_back_as_they_were_written_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    book = DayBook(tmp_path)
    book.add(EntryKind.JOINED, "  ann  b ")
    book.add(EntryKind.INJECTED, "bob", "gateway_down", about="gateway_down-1", fault="gateway_down", for_s=30)
    book.add(EntryKind.JOINED, "bob")
    with (tmp_path / "gameday.jsonl").open("a") as stream:
        stream.write('{"number": 4')
    assert read_book(tmp_path) == book.entries
    assert [item.number for item in book.entries] == [1, 2, 3]
    assert book.people == ["ann b", "bob"]


@pytest.mark.parametrize(("by", "text"), [("", "x"), (" ", "x"), ("a" * 81, "x"), ("ann", "x" * (TEXT_MAX + 1))])
def test_nobody_and_far_too_much_is_refused(tmp_path: Path, by: str, text: str) -> None:
    book = DayBook(tmp_path)
    with pytest.raises(UsageError):
        book.add(EntryKind.NOTE, by, text)
    assert book.entries == []


def test_a_run_that_was_no_game_day_has_no_book(tmp_path: Path) -> None:
    assert read_book(tmp_path) == []


def test_roles_are_a_file_to_edit_and_nonsense_changes_nothing(tmp_path: Path) -> None:
    roles = RolesFile(tmp_path)
    assert roles.read().escalation[1].after_minutes == 15
    roles.save('[owners.database]\nname = "Bob"\ncontact = "456"\n')
    assert roles.read().owners["database"].name == "Bob"
    with pytest.raises(UsageError, match="unknown field"):
        roles.save('[owners.database]\nname = "Bob"\nphone = "1"\n')
    assert roles.read().owners["database"].contact == "456"


def test_a_page_goes_into_a_file_of_the_run(tmp_path: Path) -> None:
    FilePort(tmp_path).send(page_now("Bob", "456", "ann", "stripe is down"))
    (line,) = (tmp_path / "pages.jsonl").read_text().splitlines()
    assert {name: json.loads(line)[name] for name in ("to", "contact", "by", "text")} == {
        "to": "Bob", "contact": "456", "by": "ann", "text": "stripe is down",
    }  # fmt: skip


@pytest.mark.parametrize("url", ["https://hooks.example.com/x", "http://192.0.2.1/", "ftp://127.0.0.1/", "nonsense"])
def test_nothing_is_posted_beyond_this_machine(url: str) -> None:
    with pytest.raises(UsageError, match="--notify"):
        checked_url(url)


def test_an_address_of_this_machine_is_taken() -> None:
    assert checked_url("http://127.0.0.1:9/x") == "http://127.0.0.1:9/x"
