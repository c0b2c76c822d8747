"""One place where a request is written down, counted, and written down again with its answer."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Protocol

from loadtests.answers import Reading, Subject
from loadtests.history import Complete, Invoke
from loadtests.http1 import Answer
from loadtests.tally import Tally

REPLAYED = b"\r\nidempotent-replayed: true"


class Recorder(Protocol):
    """Where the history goes (`HistoryFile`, or a list in tests)."""

    def invoke(self, lines: Sequence[Invoke]) -> None:
        """Write invocations durably before it returns."""

    def complete(self, lines: Sequence[Complete]) -> None:
        """Write completions."""


class Journal:
    """Keeps history and tally in step.

    Requests are taken one by one and written down many at a time: `commit` must be called before any of those taken
    is sent, and puts them all before the operating system in one go. Answers wait for the next `flush`. Encoding,
    hashing and counting many in a row costs a third of doing it between requests.
    """

    def __init__(self, recorder: Recorder, tally: Tally, now_us: Callable[[], int]) -> None:
        self.tally = tally
        self.open = 0
        """How many requests were taken whose answer was not."""
        self._recorder = recorder
        self._now_us = now_us
        self._asked: list[tuple[Invoke, bool]] = []
        self._answered: list[tuple[Invoke, Answer, Reading, int]] = []

    def invoke(self, line: Invoke, *, opens_arrival: bool) -> None:
        """Take a request that is about to be sent; `commit` sets its `sent_us`."""
        self.open += 1
        self._asked.append((line, opens_arrival))

    def commit(self) -> None:
        """Write down all requests taken since the last time. Only then may they be sent."""
        if not self._asked:
            return
        asked, self._asked = self._asked, []
        now_us, tally = self._now_us(), self.tally
        for line, opens_arrival in asked:
            line.sent_us = now_us
            if opens_arrival:
                tally.lags_us.append(now_us - line.due_us)
        self._recorder.invoke([line for line, _ in asked])
        tally.sent += len(asked)

    def complete(self, invoke: Invoke, answer: Answer, reading: Reading, done_us: int) -> None:
        """Take an answer, which came at `done_us`."""
        self.open -= 1
        self._answered.append((invoke, answer, reading, done_us))

    def flush(self) -> None:
        """Write down and count the answers taken since the last time."""
        if not self._answered:
            return
        self.commit()
        answered, self._answered = self._answered, []
        lines = [completion(invoke, answer, reading, done_us) for invoke, answer, reading, done_us in answered]
        self._recorder.complete(lines)
        for (invoke, answer, _, _), line in zip(answered, lines, strict=True):
            self.tally.completed(invoke, line, len(answer.body))


def _listed(invoke: Invoke, items: Sequence[Subject]) -> Subject:
    """Return what is kept of a list: the only payment under the reference that was looked for, or else whose it is."""
    owners = [item.merchant_id for item in items]
    strangers = [owner for owner in owners if owner != invoke.merchant_id]
    if len(items) == 1 and not strangers and items[0].merchant_reference == invoke.reference:
        return items[0]
    return Subject(merchant_id=(strangers or owners or [None])[0])


def completion(invoke: Invoke, answer: Answer, reading: Reading, done_us: int) -> Complete:
    """Return the history's second line for an attempt."""
    seen = reading.subject
    if seen.data is not None:
        seen = _listed(invoke, seen.data)
    refund = seen.object == "refund"
    return Complete(
        invoke.op, invoke.attempt, done_us, reading.outcome, answer.status or None, reading.error_code, reading.error,
        reading.definite, REPLAYED in answer.head,
        sha256(answer.body).hexdigest() if answer.status else None, seen.payment_id if refund else seen.id,
        seen.id if refund else None, seen.status, seen.amount_minor, seen.currency, seen.captured_minor,
        seen.refunded_minor, seen.version, seen.gateway, seen.merchant_id,
    )  # fmt: skip
