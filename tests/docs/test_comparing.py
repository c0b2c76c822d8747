"""docs/comparing.md: its commands and figures are those of the code."""

import re
from pathlib import Path

import typer.main

from harness.cli.main import app
from harness.comparing import FIGURES, compare, parse_limit
from harness.comparing.comparison import EVENTS_MIN, RUNS_MIN
from harness.comparing.documents import difference_document
from harness.comparing.limits import parse_least
from tests.harness.comparing.histories import run, side

PAGE = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text()


def test_every_command_on_the_page_has_these_options() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = re.findall(r"^    faultline ([a-z]+)\b([^\n`]*)", PAGE, re.MULTILINE)
    assert {"compare", "run"} <= {name for name, _ in named}
    for name, rest in named:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"faultline {name}{rest}"


def test_the_table_has_every_figure_with_its_least_change() -> None:
    told = re.findall(r"^\| (`.*`) \|.*\| [^|]+ \| ([\d.]+(?:%|s)) \|$", PAGE, re.MULTILINE)
    least = {name: text for names, text in told for name in re.findall(r"`(\w+)`", names)}
    assert parse_least([f"{name}={text}" for name, text in least.items()]) == {
        figure.name: figure.least for figure in FIGURES
    }


def test_every_limit_on_the_page_is_one() -> None:
    limits = re.findall(r"--fail-if '([^']+)'", PAGE)
    assert len(limits) == 3
    assert [parse_limit(text).text for text in limits] == limits


def test_the_fields_of_a_figure_are_those_that_are_written() -> None:
    (item, *_) = compare(side("a", run(1)), side("b", run(2)), draws=20).differences
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE.split("`limits`")[1], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(vars(difference_document(item)))


def test_the_numbers_are_the_codes() -> None:
    assert RUNS_MIN == EVENTS_MIN == 5
    assert "From five\non, whole runs" in PAGE
    assert "compared from five on" in PAGE
