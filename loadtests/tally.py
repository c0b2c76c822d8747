"""The running count of a worker: what was sent, what came of it, how long it took.

Everything is counted at the same place where the history is completed, so that both agree to the operation.
"""

from harness.core.verdicts import Outcome
from loadtests.histogram import Histogram
from loadtests.history import Complete, Invoke


class Batch:
    """What one flow's operations of one kind came to since the last merge into Locust's statistics."""

    __slots__ = ("bytes_received", "errors", "responses_us", "services_us")

    def __init__(self) -> None:
        self.responses_us: list[int] = []
        self.services_us: list[int] = []
        self.errors: dict[str, int] = {}
        self.bytes_received = 0


class Tally:
    """Counts and histograms of one worker. `take` empties the batches; the histograms know what was taken."""

    def __init__(self) -> None:
        self.response = Histogram()
        """From when a request was due to its answer."""
        self.service = Histogram()
        """From when a request was sent to its answer."""
        self.lag = Histogram()
        """From when an arrival was due to when its first request was sent."""
        self.sent = 0
        self.outcomes: dict[str, int] = dict.fromkeys(Outcome, 0)
        self.batches: dict[tuple[str, str], Batch] = {}
        self.lags_us: list[int] = []
        """Lags that are not in the histogram yet."""

    def completed(self, invoke: Invoke, complete: Complete, length: int) -> None:
        """Count what came of a request; `length` is the answer's body in bytes."""
        self.outcomes[complete.outcome] += 1
        key = (invoke.flow, invoke.kind)
        batch = self.batches.get(key)
        if batch is None:
            batch = self.batches[key] = Batch()
        batch.responses_us.append(complete.done_us - invoke.due_us)
        batch.services_us.append(complete.done_us - invoke.sent_us)
        batch.bytes_received += length
        if complete.outcome != Outcome.OK:
            what = f"{complete.outcome} {complete.error_code or complete.error or complete.http_status}"
            batch.errors[what] = batch.errors.get(what, 0) + 1

    def take(self) -> dict[tuple[str, str], Batch]:
        """Return the batches by (flow, kind), put them into the histograms, and start new ones."""
        taken, self.batches = self.batches, {}
        self.lag.record_all(self.lags_us)
        self.lags_us = []
        for batch in taken.values():
            self.response.record_all(batch.responses_us)
            self.service.record_all(batch.services_us)
        return taken
