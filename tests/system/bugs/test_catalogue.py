"""The catalogue is the folder, and its JSON copy says the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from system.bugs.bug import Bug
from system.bugs.catalogue import catalogue
from system.planted import UnknownBug, known_bugs, load
from system.settings import Settings

FOLDER = Path(__file__).parents[3] / "system" / "bugs"


def test_the_json_copy_equals_the_files() -> None:
    copy = json.loads((FOLDER / "catalogue.json").read_text())
    assert copy == [bug.as_json() for bug in catalogue()]


def test_the_command_prints_the_catalogue() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "system.bugs"], capture_output=True, check=True, timeout=60, cwd=FOLDER.parents[1]
    )
    assert json.loads(printed.stdout) == [bug.as_json() for bug in catalogue()]


def test_every_bug_is_loadable_under_its_id() -> None:
    assert [bug.id for bug in catalogue()] == sorted(known_bugs())
    for bug in catalogue():
        sound, _ = load(Settings(bug=""))
        seams, planted = load(Settings(bug=bug.id))
        assert seams != sound
        assert (planted.bug, planted.reached) == (bug.id, 0)


@pytest.mark.parametrize("bug", catalogue(), ids=lambda bug: bug.id)
def test_each_bug_says_who_catches_it_where(bug: Bug) -> None:
    assert bug.title
    assert bug.caught_by
    assert all(name.startswith("I") and name[1:].isdigit() for name in bug.caught_by)
    assert bug.shown_by


def test_an_unknown_id_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(UnknownBug, match=r"B02.*B45"):
        load(Settings(bug="B99"))
