"""One place where a request is written down, counted, and written down again with its answer."""

from hashlib import sha256
from typing import Protocol

from loadtests.answers import Reading, Subject
from loadtests.history import Complete, Invoke
from loadtests.http1 import Answer
from loadtests.tally import Tally

REPLAYED = b"\r\nidempotent-replayed: true"


class Recorder(Protocol):
    """Where the history goes (`HistoryFile`, or a list in tests)."""

    def invoke(self, line: Invoke) -> None:
        """Write an invocation durably before it returns."""

    def complete(self, line: Complete) -> None:
        """Take note of a completion."""

    def flush(self) -> None:
        """Write the completions noted."""


class Journal:
    """Keeps history and tally in step.

    Invocations are written at once, because the request must not be sent before. Answers only wait here until the
    next `flush`: hashing, encoding and counting many in a row costs a third of doing it between requests.
    """

    def __init__(self, recorder: Recorder, tally: Tally) -> None:
        self.tally = tally
        self.open = 0
        """How many requests were written down whose answer was not given to `complete` yet."""
        self._recorder = recorder
        self._waiting: list[tuple[Invoke, Answer, Reading, int]] = []

    def invoke(self, line: Invoke, *, opens_arrival: bool) -> None:
        """Write down a request that is about to be sent."""
        self._recorder.invoke(line)
        self.open += 1
        tally = self.tally
        tally.sent += 1
        if opens_arrival:
            tally.lags_us.append(line.sent_us - line.due_us)

    def complete(self, invoke: Invoke, answer: Answer, reading: Reading, done_us: int) -> None:
        """Take its answer, which came at `done_us`."""
        self.open -= 1
        self._waiting.append((invoke, answer, reading, done_us))

    def flush(self) -> None:
        """Write down and count the answers taken since the last flush."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for invoke, answer, reading, done_us in waiting:
            line = completion(invoke, answer, reading, done_us)
            self._recorder.complete(line)
            self.tally.completed(invoke, line, len(answer.body))
        self._recorder.flush()


def completion(invoke: Invoke, answer: Answer, reading: Reading, done_us: int) -> Complete:
    """Return the history's second line for an attempt."""
    seen = reading.subject
    if seen.data is not None:
        owners = [item.merchant_id for item in seen.data]
        strangers = [owner for owner in owners if owner != invoke.merchant_id]
        seen = Subject(merchant_id=(strangers or owners or [None])[0])
    refund = seen.object == "refund"
    return Complete(
        invoke.op, invoke.attempt, done_us, reading.outcome, answer.status or None, reading.error_code, reading.error,
        reading.definite, REPLAYED in answer.head,
        sha256(answer.body).hexdigest() if answer.status else None, seen.payment_id if refund else seen.id,
        seen.id if refund else None, seen.status, seen.amount_minor, seen.currency, seen.captured_minor,
        seen.refunded_minor, seen.version, seen.gateway, seen.merchant_id,
    )  # fmt: skip
