"""docs/scaling.md: its job is one, its commands are ours, and it says the numbers that the code has."""

import json
import re
from pathlib import Path

import msgspec
import typer.main

from harness.cli.main import app
from harness.joining.part import SILENT_S
from harness.objectives.workers import CLOCK_ERROR_MS_MAX
from harness.run import loading
from harness.run.load_only import OURS
from loadtests.flows import discover
from loadtests.job import LoadJob

PAGE = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
NUMBERS = {8: "eight", 10: "ten"}


def test_the_job_on_the_page_is_one() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    document = json.loads(text)
    assert not set(document) & set(OURS)
    assert set(msgspec.convert({**document, "run_dir": "/"}, LoadJob).mix) <= set(discover())


def test_every_command_on_the_page_has_these_options() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = re.findall(r"faultline (run|join|load|gather)\b([^\n`]*)", PAGE)
    assert {name for name, _ in named} == {"run", "join", "load", "gather"}
    for name, rest in named:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"faultline {name}{rest}"


def test_the_numbers_are_the_codes() -> None:
    words = " ".join(PAGE.split())
    assert f"{NUMBERS[int(loading.SILENT_S)]} seconds of silence" in words
    assert f"hear nothing for {NUMBERS[int(SILENT_S)]} seconds" in PAGE
    assert f"exceed {CLOCK_ERROR_MS_MAX:g} ms" in PAGE
