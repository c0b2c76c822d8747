"""The command line, called in the tests' own process."""

import sys
from collections.abc import Callable

import pytest

from harness.cli import main as entry

Run = Callable[..., tuple[int, str, str]]
"""Exit code, stdout and stderr of one call with these arguments."""


@pytest.fixture
def faultline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["faultline", *arguments])
        code = entry.guarded()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
