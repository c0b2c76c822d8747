"""docs/arrivals.md: its file is one, its commands are ours, and the recordings are as it says."""

import re
from pathlib import Path

import typer.main

from harness.cli.main import app
from loadtests.amounts import BUCKETS
from loadtests.flows import discover
from loadtests.recording import COLUMNS, read_recording
from loadtests.recordings import RECORDINGS

PAGE = (Path(__file__).parents[2] / "docs" / "arrivals.md").read_text()


def test_the_file_on_the_page_is_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "arrivals.csv").write_text(text)
    found = read_recording(str(tmp_path / "arrivals.csv"))
    assert found.offsets_us == (0, 125_000, 2_375_000)
    assert found.buckets == ("small", "", "large")


def test_the_table_has_the_columns_with_values_that_are_valid() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert tuple(rows) == COLUMNS
    assert set(re.findall(r"`(\w+)`", rows["kind"])) <= set(discover())
    assert re.findall(r"`(\w+)`", rows["amount_bucket"]) == list(BUCKETS)


def test_every_command_on_the_page_has_these_options() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, rest in re.findall(r"faultline (run|load)\b([^\n`]*)", PAGE):
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_the_recordings_that_come_with_it_are_named() -> None:
    assert set(re.findall(r"--arrivals (\w+_\w+)", PAGE)) == set(RECORDINGS)
    assert re.search(r"python -m loadtests\.recordings (\w+)", PAGE)[1] in RECORDINGS
