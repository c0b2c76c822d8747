"""The running count of a worker: what was sent, what came of it, how long it took.

Everything is counted at the same place where the history is completed, so that both agree to the operation.
"""

from harness.core.verdicts import Outcome
from loadtests.histogram import Histogram
from loadtests.history import Complete, Invoke


class Batch:
    """What one flow's operations of one kind came to since the last merge into Locust's statistics."""

    __slots__ = ("bytes_received", "errors", "responses_us")

    def __init__(self) -> None:
        self.responses_us: list[int] = []
        self.errors: dict[str, int] = {}
        self.bytes_received = 0


class Tally:
    """Counts and histograms of one worker. `batches` is emptied by whoever merges them."""

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

    def invoked(self, invoke: Invoke, *, opens_arrival: bool) -> None:
        """Count one request that is about to be sent."""
        self.sent += 1
        if opens_arrival:
            self.lag.record(invoke.sent_us - invoke.due_us)

    def completed(self, invoke: Invoke, complete: Complete, length: int) -> None:
        """Count what came of a request; `length` is the answer's body in bytes."""
        response_us = complete.done_us - invoke.due_us
        self.response.record(response_us)
        self.service.record(complete.done_us - invoke.sent_us)
        self.outcomes[complete.outcome] += 1
        key = (invoke.flow, invoke.kind)
        batch = self.batches.get(key)
        if batch is None:
            batch = self.batches[key] = Batch()
        batch.responses_us.append(response_us)
        batch.bytes_received += length
        if complete.outcome != Outcome.OK:
            what = f"{complete.outcome} {complete.error_code or complete.error or complete.http_status}"
            batch.errors[what] = batch.errors.get(what, 0) + 1

    def take(self) -> dict[tuple[str, str], Batch]:
        """Return the batches by (flow, kind) and start new ones."""
        taken, self.batches = self.batches, {}
        return taken
