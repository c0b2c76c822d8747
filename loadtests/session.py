"""One shopkeeper's errand at work: plain blocking calls that are recorded, repeated and followed as the rules say.

Pure of any event loop: time, waiting, concurrency and the wire come from `Surroundings`, so that flows run the same
on greenlets against a real platform and in a test against a fake one.
"""

from collections.abc import Sequence
from functools import partial

from harness.core.verdicts import Outcome
from loadtests.answers import NEVER_SENT, READS, read
from loadtests.drafting import Drafts
from loadtests.following import follow
from loadtests.history import Invoke
from loadtests.job import LoadJob
from loadtests.journal import Journal
from loadtests.operations import PAYMENTS, Operation, Wire
from loadtests.plan import Arrival
from loadtests.retrying import pause_before_retry
from loadtests.surroundings import Settled, Surroundings


class Session(Drafts):
    """The client API for one arrival: `create`, `capture`, `void`, `refund`, `get`, `get_refund`, `list_payments`.

    `draft_*` only prepares the operation, for sending several `together`.
    """

    __slots__ = ("_draws", "_due_us", "_journal", "_wire", "_worker", "around")

    def __init__(
        self,
        job: LoadJob,
        wire: Wire,
        around: Surroundings,
        journal: Journal,
        arrival: Arrival,
        due_us: int,
        worker: int,
    ) -> None:
        super().__init__(job, arrival)
        self.around = around
        self._wire = wire
        self._journal = journal
        self._worker = worker
        self._due_us: int | None = due_us
        self._draws = 0

    def create(self, *, payment_method: str = "", capture: str = "automatic", expect: str = "succeed") -> Settled:
        """Create this arrival's payment."""
        operation = self.draft_create(payment_method=payment_method, capture=capture)
        operation.expect = expect
        return self.perform(operation)

    def capture(self, payment_id: str, amount_minor: int) -> Settled:
        """Capture an authorised payment, whole or in part."""
        return self.perform(self.draft_change("capture", payment_id, amount_minor))

    def void(self, payment_id: str) -> Settled:
        """Void an authorised payment."""
        return self.perform(self.draft_change("void", payment_id))

    def refund(self, payment_id: str, amount_minor: int) -> Settled:
        """Refund a captured payment, whole or in part."""
        return self.perform(self.draft_change("refund", payment_id, amount_minor))

    def get(self, payment_id: str, *, replica: int | None = None) -> Settled:
        """Read a payment, from a given replica where it matters."""
        operation = self.draft_get(payment_id, f"{self.name}-pay")
        operation.replica = operation.replica if replica is None else replica
        return self.perform(operation)

    def get_refund(self, refund_id: str) -> Settled:
        """Read a refund."""
        operation = self.draft("get_refund", f"/v1/refunds/{refund_id}")
        operation.refund_id = refund_id
        return self.perform(operation)

    def list_payments(self, query: str) -> Settled:
        """List payments; `query` is the query string without its question mark."""
        return self.perform(self.draft("list", f"{PAYMENTS}?{query}"))

    def refused(self, operation: Operation) -> Settled:
        """Send an operation that must be refused."""
        operation.expect = "refuse"
        return self.perform(operation)

    def together(self, operations: Sequence[Operation]) -> list[Settled]:
        """Send several operations at the same time; return what they came to, in order."""
        due_us, self._due_us = self._due_us, None
        first, *others = operations
        calls = [partial(self.perform, first, due_us, due_us is not None)]
        calls += [partial(self.perform, other, due_us) for other in others]
        return self.around.together(calls)

    # How it is done

    def perform(self, operation: Operation, due_us: int | None = None, opens_arrival: bool = False) -> Settled:
        """Send an operation, again where its outcome stays unknown, and follow it until it is known or time is up.

        `due_us` is when it should have been sent (None: now, or with the arrival where it is the first).
        """
        if self._due_us is not None:
            due_us, self._due_us, opens_arrival = self._due_us, None, True
        settings, attempt = self.job.settings, 1
        doubt: Settled | None = None
        while True:
            settled = self._attempt(operation, attempt, due_us or self.around.now_us(), opens_arrival)
            doubt = settled if settled.outcome == Outcome.UNKNOWN else doubt
            if not operation.resend or settled.outcome == Outcome.OK:
                break
            pause_s = pause_before_retry(settings, attempt, settled.answer, settled.reading, self.jitter())
            if pause_s is None:
                break
            due_us, opens_arrival = self.around.now_us() + round(pause_s * 1e6), False
            self.around.sleep(pause_s)
            attempt += 1
        if settled.reading.error in NEVER_SENT and doubt is not None:
            settled = doubt  # that this send found nobody listening says nothing about those before it
        if settled.outcome == Outcome.UNKNOWN and operation.follow and operation.kind not in READS:
            return follow(self, settled)
        return settled

    def jitter(self) -> float:
        """Return this arrival's next number in [0, 1) for a pause."""
        self._draws += 1
        return self.arrival.draw(f"jitter-{self._draws}")

    def _attempt(self, operation: Operation, attempt: int, due_us: int, opens_arrival: bool) -> Settled:
        self.around.proceed()
        wire, journal, merchant = self._wire, self._journal, operation.merchant
        replica = (operation.replica + attempt - 1) % len(wire.names)
        request = wire.request(operation, replica)
        money = operation.amount_minor is not None
        invoke = Invoke(
            operation.op, attempt, operation.kind, self.arrival.flow, self.arrival.k, merchant.id, operation.key,
            operation.payload_hash(), operation.reference, operation.payment_id, operation.refund_id,
            operation.amount_minor, merchant.currency if money else None, merchant.exponent if money else None,
            merchant.amount_form if money else None, operation.capture_mode, operation.payment_method, operation.expect,
            wire.names[replica], operation.correlation_id, due_us, 0, self._worker,
        )  # fmt: skip
        journal.invoke(invoke, opens_arrival=opens_arrival)
        patience_s = operation.patience_s if attempt == 1 else 0.0
        answer = wire.heard(operation, self.around.exchange(replica, request, patience_s))
        done_us = self.around.now_us()
        reading = read(operation.kind, answer)
        journal.complete(invoke, answer, reading, done_us)
        return Settled(operation, reading.outcome, reading.subject, answer, reading)
