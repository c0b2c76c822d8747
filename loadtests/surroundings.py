"""What an errand needs of the world, and what an operation comes to."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from harness.core.verdicts import Outcome
from loadtests.answers import Reading, Subject
from loadtests.http1 import Answer
from loadtests.operations import Operation


class Ended(Exception):
    """The load is over; this errand goes no further. Raised by `Surroundings`, caught by whoever runs errands."""


class Surroundings(Protocol):
    """What an errand needs of the world. `exchange` never raises: whatever goes wrong is said in the answer."""

    def now_us(self) -> int:
        """Return microseconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait. Raises `Ended` where the load is over."""

    def proceed(self) -> None:
        """Raise `Ended` where the load is over; asked before anything is written down or sent."""

    def exchange(self, replica: int, request: bytes, patience_s: float = 0.0) -> Answer:
        """Send one request to that replica, once, and return what came; it is given up after `patience_s`, if any."""

    def together(self, calls: Sequence[Callable[[], "Settled"]]) -> list["Settled"]:
        """Make all calls at the same time; return their results in order. Raises what one of them raises."""


class Settled(msgspec.Struct, frozen=True):
    """What an operation came to after retries and follow-up. `answer` is the last answer to the operation itself."""

    operation: Operation
    outcome: str
    subject: Subject
    answer: Answer
    reading: Reading

    @property
    def ok(self) -> bool:
        """Tell whether it is definitely done."""
        return self.outcome == Outcome.OK

    @property
    def payment_id(self) -> str | None:
        """The payment that it is about, where an answer named one."""
        return self.subject.payment_id or self.subject.id or self.operation.payment_id
