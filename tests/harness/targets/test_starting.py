"""A platform that the last run left unwell is given time, and is not believed for ever."""

from typing import Any, cast

import pytest

from harness.targets import starting


def test_a_platform_that_comes_to_itself_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter(
        ["api1 says it is degraded: database unreachable", "api1 says it is degraded: database unreachable", ""]
    )
    monkeypatch.setattr(starting, "unwell", lambda parts: next(said))

    assert starting._unwell_for_good(cast("Any", None)) == ""


def test_a_platform_that_does_not_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_RECOVERY_S", 0.2)
    monkeypatch.setattr(starting, "unwell", lambda parts: "api1 says it is degraded: database unreachable")

    assert starting._unwell_for_good(cast("Any", None)) == "api1 says it is degraded: database unreachable"
