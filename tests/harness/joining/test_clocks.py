"""The clock of another host is never known better than half of what the asking took."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from harness.joining.clocks import read_clock

WAYS = st.lists(st.tuples(st.integers(0, 80_000), st.integers(0, 80_000)), min_size=1, max_size=20)


class Wire:
    """A run whose clock is `ahead_us` ahead, behind a wire that takes its time, each way its own."""

    def __init__(self, ahead_us: int, ways_us: list[tuple[int, int]]) -> None:
        self.ahead_us, self.now_us = ahead_us, 5_000_000
        self._ways: Iterator[tuple[int, int]] = iter(ways_us)

    def ask_us(self) -> int:
        there_us, back_us = next(self._ways)
        self.now_us += there_us
        told_us = self.now_us + self.ahead_us
        self.now_us += back_us
        return told_us

    def monotonic_ns(self) -> int:
        return self.now_us * 1000


@given(st.integers(-(10**15), 10**15), WAYS)
def test_the_error_is_within_what_is_said_however_uneven_the_ways(
    ahead_us: int, ways_us: list[tuple[int, int]]
) -> None:
    wire = Wire(ahead_us, ways_us)
    reading = read_clock(wire.ask_us, times=len(ways_us), monotonic_ns=wire.monotonic_ns)
    assert abs(reading.zero_us - ahead_us) <= reading.error_us
    assert reading.error_us <= min(sum(way) for way in ways_us) // 2 + 1
