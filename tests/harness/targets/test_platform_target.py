"""What every target that runs the reference platform has in common."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.targets import platform_target
from harness.targets.platform_target import PlatformTarget
from harness.workspace import Workspace

HEALTHS = {"http://a/health": ("a_1", 30), "http://b/health": ("b_1", 3)}


@pytest.fixture
def healths(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, int]]:
    """What each process says of itself: its instance, and how often the bug was reached."""
    said = dict(HEALTHS)

    def call(_method: str, url: str, **_: object) -> dict[str, object]:
        instance, reached = said[url]
        return {"instance": instance, "bug_reached": reached}

    monkeypatch.setattr(platform_target, "call", call)
    monkeypatch.setattr(platform_target, "reset", lambda *_: None)
    return said


def target(tmp_path: Path) -> PlatformTarget:
    started: Any = None
    made = PlatformTarget(Workspace(tmp_path), started)
    parts: Any = SimpleNamespace(state=SimpleNamespace(bug="B09"), platform_urls={"a": "http://a", "b": "http://b"})
    made._parts = parts
    return made


def test_a_bug_that_an_earlier_run_reached_was_not_reached_by_this_one(
    tmp_path: Path, healths: dict[str, tuple[str, int]]
) -> None:
    under_test = target(tmp_path)
    under_test.reset()
    assert under_test.bug_reached() == 0
    healths["http://b/health"] = ("b_1", 5)
    assert under_test.bug_reached() == 2


def test_a_process_that_was_started_again_counts_from_its_start(
    tmp_path: Path, healths: dict[str, tuple[str, int]]
) -> None:
    under_test = target(tmp_path)
    under_test.reset()
    healths["http://a/health"] = ("a_2", 4)
    assert under_test.bug_reached() == 4
