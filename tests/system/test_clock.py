"""Two clocks: one's own, which may jump, and the one that all processes share."""

import time
from collections.abc import Iterator

import pytest

from system import clock
from system.clock import app_us, follow, follow_app, in_us, now_us, offset_s, set_offset, shared_us


@pytest.fixture(autouse=True)
def _sound_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "_anchor", None)
    yield
    set_offset(0)
    follow_app(0)


def test_a_jump_moves_the_own_clock_and_not_the_shared_one() -> None:
    follow(now_us(), time.monotonic_ns())
    set_offset(-3600)
    assert offset_s() == -3600
    assert abs(shared_us() - now_us() - in_us(3600)) < in_us(60)


def test_the_applications_time_is_ahead_of_the_shared_one_and_moves_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock.time, "monotonic_ns", lambda: 5_000_000_000)
    follow(in_us(100), 5_000_000_000)
    follow_app(in_us(86_400))
    assert (shared_us(), app_us()) == (in_us(100), in_us(86_500))


def test_until_the_database_was_asked_the_own_clock_must_do() -> None:
    set_offset(3600)
    assert abs(shared_us() - now_us()) < in_us(60)


def test_the_shared_clock_goes_on_from_what_the_database_said() -> None:
    follow(1_000_000, time.monotonic_ns())
    assert 1_000_000 <= shared_us() < 1_000_000 + in_us(60)
    assert shared_us() <= shared_us()


class Monotonic:
    """The monotonic clock of a process, moved by hand: `take(s)` lets seconds go by."""

    def __init__(self) -> None:
        self.ns = 5_000_000_000

    def __call__(self) -> int:
        return self.ns

    def take(self, seconds: float) -> int:
        before, self.ns = self.ns, self.ns + int(seconds * 1e9)
        return before


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    moved = Monotonic()
    monkeypatch.setattr(clock.time, "monotonic_ns", moved)
    return moved


def test_an_answer_that_came_late_does_not_set_the_shared_clock_back(monotonic: Monotonic) -> None:
    follow(in_us(100), monotonic.take(0.002))
    # The database looked at its clock at once, and the answer took two seconds.
    follow(in_us(100.002), monotonic.take(2))
    assert shared_us() == in_us(102) + 1000


def test_a_question_that_came_late_does_not_put_the_shared_clock_ahead(monotonic: Monotonic) -> None:
    follow(in_us(100), monotonic.take(0.002))
    follow(in_us(102), monotonic.take(2))
    assert shared_us() == in_us(102) + 1000


def test_the_first_answer_was_half_way_and_a_quick_one_corrects_a_slow_one(monotonic: Monotonic) -> None:
    follow(in_us(100), monotonic.take(2))
    assert shared_us() == in_us(101)
    follow(in_us(102), monotonic.take(0.002))
    assert shared_us() == in_us(102), "it was behind, by less than that answer's two milliseconds"
    monotonic.take(1)
    follow(in_us(102.9), monotonic.take(0.002))
    assert shared_us() == in_us(102.902), "and now it is ahead"


def test_another_primary_with_another_clock_is_followed(monotonic: Monotonic) -> None:
    follow(in_us(100), monotonic.take(0.002))
    follow(in_us(40), monotonic.take(0.002))
    assert shared_us() == in_us(40.002)
    follow(in_us(900), monotonic.take(0.002))
    assert shared_us() == in_us(900)
