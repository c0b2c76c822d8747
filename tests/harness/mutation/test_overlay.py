"""A mutant's copy of the platform: only the one place is changed, it reports, and the checkout stays as it is."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.catalogue import ROOT
from harness.mutation.mutant import Mutant, by_id
from harness.mutation.overlay import write_mutant, write_reporting
from harness.mutation.reach import numbered
from harness.mutation.scope import all_mutants, drawn, load_scope

POLICIES = "system/decisions/policies.py"
UNKNOWN_FOR_NOT_EXECUTED = ("AttemptState.UNKNOWN", "AttemptState.NOT_EXECUTED")
ASKING = """
import json, sys
sys.path.insert(0, sys.argv[1])
from system import planted
from system.seams import sound_seams
from system.bugs import b0_mutant
from system.decisions.policies import attempt_state
from system.gateway import Advice, GatewayReply, Knowledge, Phase
reached = []
b0_mutant.plant(None, lambda: reached.append(1)) if not b0_mutant.FROM_THE_START else None
state = attempt_state(GatewayReply(Knowledge.UNKNOWN, Advice.NONE, Phase.ANSWERED))
print(json.dumps([state, len(reached), sorted(planted.known_bugs())[0]]))
"""


@pytest.fixture(scope="module")
def everything() -> list[Mutant]:
    return all_mutants(load_scope())


def the(everything: list[Mutant], function: str, before: str, after: str) -> Mutant:
    """Return the one mutant of a function with this change."""
    (found,) = [m for m in everything if (m.function, m.before, m.edit.text) == (function, before, after)]
    return found


def test_the_platform_of_a_copy_has_the_mutant_in_it_and_counts_it(everything: list[Mutant], tmp_path: Path) -> None:
    sound = (ROOT / POLICIES).read_bytes()
    write_mutant(tmp_path / "copy", the(everything, "attempt_state", *UNKNOWN_FOR_NOT_EXECUTED))
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(tmp_path / "copy")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["not_executed", 1, "B0"]
    assert (ROOT / POLICIES).read_bytes() == sound
    assert not (ROOT / "system" / "bugs" / "b0_mutant.py").exists()


def test_files_that_are_not_changed_are_those_of_the_checkout(everything: list[Mutant], tmp_path: Path) -> None:
    write_mutant(tmp_path / "copy", the(everything, "attempt_state", *UNKNOWN_FOR_NOT_EXECUTED))
    assert (tmp_path / "copy" / "system" / "money.py").read_bytes() == (ROOT / "system" / "money.py").read_bytes()
    lines = zip(
        (ROOT / POLICIES).read_text().splitlines(),
        (tmp_path / "copy" / POLICIES)
        .read_text()
        .replace("from system.mutant_reached import mutant_reached\n", "")
        .splitlines(),
        strict=True,
    )
    assert sum(before != after for before, after in lines) == 1


def test_a_mutant_of_sql_reports_by_a_notice_before_its_statement(everything: list[Mutant], tmp_path: Path) -> None:
    mutant = next(m for m in everything if m.function == "pay.begin_modify" and m.operator == "call removed")
    write_mutant(tmp_path / "copy", mutant)
    text = (tmp_path / "copy" / mutant.path).read_text()
    assert "RAISE NOTICE 'mutant reached 0'; NULL;" in text
    assert text.startswith("CREATE OR REPLACE FUNCTION pay.mutant_reached(p_site integer)")
    plain = next(m for m in everything if m.function == "pay.release_refund")
    write_mutant(tmp_path / "copy", plain)
    assert "SELECT pay.mutant_reached(0);" in (tmp_path / "copy" / plain.path).read_text()


def test_what_is_in_force_from_the_start_is_counted_with_every_key(everything: list[Mutant], tmp_path: Path) -> None:
    mutant = next(m for m in everything if m.site.kind == "import" and m.path == "system/connectors/stripe/table.py")
    write_mutant(tmp_path / "copy", mutant)
    assert "FROM_THE_START = True" in (tmp_path / "copy" / "system/bugs/b0_mutant.py").read_text()
    assert "mutant_reached" not in (tmp_path / "copy" / mutant.path).read_text().replace(
        "import mutant_reached", ""
    ).replace("system.mutant_reached", "")


def test_every_kind_of_place_can_be_mutated_in_a_copy_that_still_parses(
    everything: list[Mutant], tmp_path: Path
) -> None:
    for mutant in [m for m in drawn(everything, 60, 3) if m.path.endswith(".py")]:
        write_mutant(tmp_path / "copy", mutant)
        written = (tmp_path / "copy" / mutant.path).read_bytes()
        assert ast.dump(ast.parse(written)) != ast.dump(ast.parse((ROOT / mutant.path).read_bytes()))


NOTING = """
import sys
sys.path.insert(0, sys.argv[1])
from system.money import parse_amount
import system.api.app, system.worker.worker, system.seams
assert parse_amount("12.50", 2) == 1250
"""


def test_the_reporting_copy_is_sound_and_notes_what_is_reached(everything: list[Mutant], tmp_path: Path) -> None:
    sites = numbered(everything)
    write_reporting(tmp_path / "copy", tmp_path / "notes", sites)
    for name in load_scope().python:
        ast.parse((tmp_path / "copy" / name).read_bytes())
    subprocess.run([sys.executable, "-c", NOTING, str(tmp_path / "copy")], check=True, cwd=tmp_path)
    (notes,) = (tmp_path / "notes").glob("*.txt")
    reached = {int(line.split()[0]) for line in notes.read_text().splitlines()}
    inside = {number for (path, _), number in sites.items() if path == "system/money.py"}
    assert reached & inside


def test_ids_are_unique(everything: list[Mutant]) -> None:
    assert len(by_id(everything)) == len(everything) > 1000
