"""One shopkeeper's errand at work: plain blocking calls that are recorded, repeated and followed as the rules say.

Pure of any event loop: time, waiting, concurrency and the wire come from `Surroundings`, so that flows run the same
on greenlets against a real platform and in a test against a fake one.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import msgspec

from harness.core.verdicts import Outcome
from loadtests.answers import READS, Reading, Subject, read
from loadtests.following import follow
from loadtests.history import Invoke
from loadtests.http1 import Answer
from loadtests.job import LoadJob, Merchant
from loadtests.journal import Journal
from loadtests.operations import PAYMENTS, Operation, Wire, json_body, money_fields
from loadtests.plan import Arrival
from loadtests.retrying import pause_before_retry


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

    def exchange(self, replica: int, request: bytes) -> Answer:
        """Send one request to that replica, once, and return what came."""

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


class Session:
    """The client API for one arrival: `create`, `capture`, `void`, `refund`, `get`, `get_refund`, `list_payments`.

    `draft_*` only prepares the operation, for sending several `together`.
    """

    __slots__ = (
        "_draws",
        "_due_us",
        "_journal",
        "_operations",
        "_wire",
        "_worker",
        "around",
        "arrival",
        "job",
        "merchant",
        "name",
    )

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
        self.job = job
        self.around = around
        self.arrival = arrival
        self.merchant = job.merchants[arrival.merchant]
        self.name = f"{job.tag}-{arrival.k}"
        self._wire = wire
        self._journal = journal
        self._worker = worker
        self._due_us: int | None = due_us
        self._operations = 0
        self._draws = 0

    # What a flow asks for

    def draft(self, kind: str, path: str, fields: dict[str, object] | bytes | None = None) -> Operation:
        """Return an operation with the next number of this arrival, to be completed by the caller.

        `fields` (or raw bytes) make it a POST with a key of its own; without, it is a GET.
        """
        self._operations = number = self._operations + 1
        name = f"{self.arrival.k}.{number}"
        reading = fields is None
        body = b"" if fields is None else fields if isinstance(fields, bytes) else json_body(fields)
        return Operation(
            name, kind, "GET" if reading else "POST", path, body, self.merchant, self.arrival.replica, "succeed",
            f"{self.job.tag}-{name}", None if reading else f"{self.name}-{number}",
        )  # fmt: skip

    def draft_create(
        self,
        *,
        amount_minor: int | None = None,
        merchant: Merchant | None = None,
        payment_method: str = "",
        capture: str = "automatic",
        reference: str | None = None,
    ) -> Operation:
        """Return the creation of a payment of this arrival's amount and with its card (or others)."""
        merchant = merchant or self.merchant
        amount_minor = self.arrival.amount_minor if amount_minor is None else amount_minor
        reference = reference or f"{self.name}-pay"
        payment_method = payment_method or self.arrival.card
        fields: dict[str, object] = {
            **money_fields(merchant, amount_minor),
            "currency": merchant.currency,
            "payment_method": payment_method,
            "capture": capture,
            "merchant_reference": reference,
        }
        operation = self.draft("create", PAYMENTS, fields)
        operation.merchant, operation.reference, operation.amount_minor = merchant, reference, amount_minor
        operation.capture_mode, operation.payment_method = capture, payment_method
        return operation

    def draft_change(self, kind: str, payment_id: str, amount_minor: int | None = None) -> Operation:
        """Return a `capture`, `void` or `refund` of a payment; `amount_minor` None means all of it."""
        reference = f"{self.name}-{kind}-{self._operations + 1}"
        fields: dict[str, object] = {"merchant_reference": reference}
        if amount_minor is not None:
            fields.update(money_fields(self.merchant, amount_minor))
        operation = self.draft(kind, f"{PAYMENTS}/{payment_id}/{'refunds' if kind == 'refund' else kind}", fields)
        operation.reference, operation.payment_id, operation.amount_minor = reference, payment_id, amount_minor
        return operation

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

    def draft_get(self, payment_id: str, reference: str | None = None) -> Operation:
        """Return a read of a payment."""
        operation = self.draft("get", f"{PAYMENTS}/{payment_id}")
        operation.payment_id, operation.reference = payment_id, reference
        return operation

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
        while True:
            settled = self._attempt(operation, attempt, due_us or self.around.now_us(), opens_arrival)
            if not operation.resend or settled.outcome == Outcome.OK:
                break
            pause_s = pause_before_retry(settings, attempt, settled.answer, settled.reading, self.jitter())
            if pause_s is None:
                break
            due_us, opens_arrival = self.around.now_us() + round(pause_s * 1e6), False
            self.around.sleep(pause_s)
            attempt += 1
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
            wire.names[replica], operation.correlation_id, due_us, self.around.now_us(), self._worker,
        )  # fmt: skip
        journal.invoke(invoke, opens_arrival=opens_arrival)
        answer = self.around.exchange(replica, request)
        done_us = self.around.now_us()
        reading = read(operation.kind, answer)
        journal.complete(invoke, answer, reading, done_us)
        return Settled(operation, reading.outcome, reading.subject, answer, reading)
