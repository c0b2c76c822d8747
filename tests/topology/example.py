"""The service of docs/adding-a-service.md, written into a copy of the tree: one folder and one line."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from topology.__main__ import ROOT

PAGE = ROOT / "docs" / "adding-a-service.md"
PARTS = ("topology", "system", "harness", "faults", "loadtests", "scenarios", "reports", "docker", "deploy")
_FILE = re.compile(r"```(?:python|toml)\n(# (?P<path>\S+)\n.*?)```", re.DOTALL)
_LINE = re.compile(r"```toml\n(?P<line>pulse = .*)\n```")


def files() -> dict[str, str]:
    """Return the page's files by their paths."""
    return {match["path"]: match[1] for match in _FILE.finditer(PAGE.read_text())}


def line() -> str:
    """Return the line that the page adds."""
    match = _LINE.search(PAGE.read_text())
    assert match
    return match["line"]


def written(copy: Path) -> Path:
    """Copy the tree, and add the example to it. Return the copy."""
    ignored = shutil.ignore_patterns("__pycache__", "*.env", "merchants.json", "token.env", "job.json")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=ignored)
    shutil.copy(ROOT / "docker-compose.yml", copy)
    for path, text in files().items():
        (copy / path).parent.mkdir(exist_ok=True)
        (copy / path).write_text(text)
    with (copy / "system" / "services.toml").open("a") as services:
        services.write(line() + "\n")
    return copy


def run(copy: Path, *command: str, deadline_s: float = 120) -> "subprocess.CompletedProcess[str]":
    """Run Python in the copy, with the copy's packages."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=deadline_s,
        check=False,
    )
