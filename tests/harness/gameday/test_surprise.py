"""A sealed plan: checked whole before anything starts, played in order, its seal is that of the file."""

import hashlib
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.gameday.surprise import read_plan


def test_rounds_come_in_order_until_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        '[[rounds]]\nfault = "gateway_latency"\nwith = { latency_ms = 900 }\n[[rounds]]\nfault = "postgres_killed"\n'
    )
    sealed = read_plan(path)
    assert sealed.seal == hashlib.sha256(path.read_bytes()).hexdigest()
    first = sealed.next_request("fay")
    assert (first.fault, first.parameters, first.for_s) == ("gateway_latency", {"latency_ms": "900"}, 120.0)
    assert sealed.next_request("fay") == first, "a round that could not be begun is still the next"
    sealed.played()
    assert sealed.next_request("fay").fault == "postgres_killed"
    sealed.played()
    with pytest.raises(UsageError, match="has been played"):
        sealed.next_request("fay")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing required field"),
        ("rounds = []", "has 0 rounds"),
        ('[[rounds]]\nfault = "gatway_down"', "unknown fault"),
        ('[[rounds]]\nfault = "gateway_down"\nfor = "1h"', "for: 1h"),
        ('[[rounds]]\nfault = "gateway_down"\nwhen = "now"', "unknown field"),
    ],
)
def test_nonsense_is_refused_before_anything_starts(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says):
        read_plan(path)
