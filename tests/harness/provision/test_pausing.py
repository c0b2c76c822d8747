"""A container that cannot be frozen at one moment is frozen at the next; every other refusal is told as it is."""

from typing import cast

import pytest
from docker.errors import APIError
from docker.models.containers import Container

from harness.provision.containers import pausing
from harness.provision.containers.pausing import pause

BUSY = "Cannot pause container 1a2b: OCI runtime pause failed: unable to freeze: unknown"


class Stubborn:
    """Refuses to be paused `times` times, with these words."""

    def __init__(self, words: str, times: int) -> None:
        self.words = words
        self.left = times
        self.asked = 0

    def pause(self) -> None:
        self.asked += 1
        if self.left:
            self.left -= 1
            raise APIError(self.words)


def paused(found: Stubborn) -> int:
    pause(cast("Container", found))
    return found.asked


def test_a_group_in_which_a_process_is_being_started_is_frozen_a_moment_later() -> None:
    assert paused(Stubborn(BUSY, times=2)) == 3


def test_another_refusal_is_not_repeated() -> None:
    found = Stubborn("Container 1a2b is not running", times=9)
    with pytest.raises(APIError, match="not running"):
        paused(found)
    assert found.asked == 1


def test_it_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "_DEADLINE_S", 0.3)
    with pytest.raises(APIError, match="unable to freeze"):
        paused(Stubborn(BUSY, times=1_000))
