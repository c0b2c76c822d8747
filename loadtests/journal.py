"""One place where a request is written down, counted, and written down again with its answer."""

from typing import Protocol

from loadtests.history import Complete, Invoke
from loadtests.tally import Tally


class Recorder(Protocol):
    """Where the history goes (`HistoryFile`, or a list in tests)."""

    def invoke(self, line: Invoke) -> None:
        """Write an invocation durably before it returns."""

    def complete(self, line: Complete) -> None:
        """Write a completion, soon."""


class Journal:
    """Keeps history and tally in step."""

    def __init__(self, recorder: Recorder, tally: Tally) -> None:
        self._recorder = recorder
        self.tally = tally

    def invoke(self, line: Invoke, *, opens_arrival: bool) -> None:
        """Write down a request that is about to be sent."""
        self._recorder.invoke(line)
        self.tally.invoked(line, opens_arrival=opens_arrival)

    def complete(self, invoke: Invoke, complete: Complete, length: int) -> None:
        """Write down its answer; `length` is the answer's body in bytes."""
        self._recorder.complete(complete)
        self.tally.completed(invoke, complete, length)
