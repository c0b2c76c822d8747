"""Two clocks: one's own, which may jump, and the one that all processes share."""

from collections.abc import Iterator

import pytest

from system import clock
from system.clock import follow, in_us, now_us, offset_s, set_offset, shared_us


@pytest.fixture(autouse=True)
def _sound_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "_anchor", None)
    yield
    set_offset(0)


def test_a_jump_moves_the_own_clock_and_not_the_shared_one() -> None:
    follow(now_us())
    set_offset(-3600)
    assert offset_s() == -3600
    assert abs(shared_us() - now_us() - in_us(3600)) < in_us(60)


def test_until_the_database_was_asked_the_own_clock_must_do() -> None:
    set_offset(3600)
    assert abs(shared_us() - now_us()) < in_us(60)


def test_the_shared_clock_goes_on_from_what_the_database_said() -> None:
    follow(1_000_000)
    assert 1_000_000 <= shared_us() < 1_000_000 + in_us(60)
    assert shared_us() <= shared_us()
