"""What is rendered is what the topology says, and says all of it."""

import json
import subprocess
import sys

import pytest

from topology import TopologyError, load
from topology.__main__ import ROOT
from topology.render import rendered
from topology.render.blocks import with_blocks
from topology.settings import load_settings

MARKED = "above\n  # topology: one (made)\nold\n  # end of one\nbelow\n"


def test_the_files_are_what_the_topology_says() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "topology", "render", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_link_of_the_containers_is_in_toxiproxys_file() -> None:
    links = rendered(load(), load_settings(), ROOT)[ROOT / "docker" / "toxiproxy" / "links.json"]
    assert [row["name"] for row in json.loads(links)] == [
        link.name for link in load().links if link.only != "processes"
    ]


def test_only_what_lies_between_the_marks_is_made_anew() -> None:
    assert with_blocks("file", MARKED, {"one": "new"}) == MARKED.replace("old", "new")


@pytest.mark.parametrize(
    ("blocks", "says"),
    [({}, "nothing is made for the marks of one"), ({"one": "", "two": ""}, "there are no marks for two")],
)
def test_marks_and_blocks_must_agree(blocks: dict[str, str], says: str) -> None:
    with pytest.raises(TopologyError, match=says):
        with_blocks("file", MARKED, blocks)


@pytest.mark.parametrize("arguments", [[], ["draw"], ["render", "--chek"]])
def test_anything_else_is_refused(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "topology", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (64, "usage: python -m topology render [--check]\n")
