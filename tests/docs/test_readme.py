"""The README says what the code does."""

import re
from pathlib import Path

from harness import catalogue
from harness.cli.tables import with_tables

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_catalogue_tables_are_those_that_the_code_makes() -> None:
    assert with_tables(README) == README, "run: python -m harness.cli.tables README.md"


def test_every_file_that_a_document_links_to_exists() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_command_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"[`$] ?make ([a-z-]+)", README)) <= targets


def test_every_planted_bug_is_shown_by_scenarios_and_caught_by_invariants_that_exist() -> None:
    scenarios = set(catalogue.scenario_names())
    invariants = {invariant.id for invariant in catalogue.invariants()}
    bugs = catalogue.planted_bugs().values()
    assert len(bugs) >= 13
    assert all(set(bug.shown_by) <= scenarios and set(bug.caught_by) & invariants for bug in bugs)
