"""Prepares the operations of one arrival: names, keys, references and bodies, before anything is sent."""

from collections.abc import Mapping, Sequence

from harness.core.plain import Plain
from loadtests.currencies import fitting
from loadtests.job import LoadJob, Merchant
from loadtests.operations import PAYMENTS, Operation, json_body, json_fields, money_fields
from loadtests.plan import Arrival


class Drafts:
    """Drafts operations for one arrival. Each takes the arrival's next number, in its name and in its key."""

    __slots__ = ("_operations", "arrival", "job", "merchant", "name")

    def __init__(self, job: LoadJob, arrival: Arrival) -> None:
        self.job = job
        self.arrival = arrival
        self.merchant = job.merchants[arrival.merchant]
        self.name = f"{job.tag}-{arrival.k}"
        self._operations = 0

    def part(self, share: float) -> int:
        """Return a share of this arrival's amount that gateways take."""
        return fitting(int(self.arrival.amount_minor * share), self.merchant.currency)

    def draft(self, kind: str, path: str, fields: Mapping[str, Plain] | bytes | None = None) -> Operation:
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
        currency: str = "",
    ) -> Operation:
        """Return the creation of a payment of this arrival's amount and with its card (or others)."""
        merchant = merchant or self.merchant
        if amount_minor is None:
            # Another merchant's currency may not take what was drawn for this one's.
            own = merchant.currency == self.merchant.currency
            amount_minor = self.arrival.amount_minor if own else fitting(self.arrival.amount_minor, merchant.currency)
        reference = reference or f"{self.name}-pay"
        payment_method = payment_method or self.arrival.card
        fields: dict[str, int | str] = {
            **money_fields(merchant, amount_minor),
            "currency": currency or merchant.currency,
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
        fields: dict[str, int | str] = {"merchant_reference": reference}
        if amount_minor is not None:
            fields.update(money_fields(self.merchant, amount_minor))
        operation = self.draft(kind, f"{PAYMENTS}/{payment_id}/{'refunds' if kind == 'refund' else kind}", fields)
        operation.reference, operation.payment_id, operation.amount_minor = reference, payment_id, amount_minor
        return operation

    def renamed(self, operation: Operation, reference: str) -> Operation:
        """Return a capture, void or refund under another reference of the merchant's."""
        fields = {**json_fields(operation.body), "merchant_reference": reference}
        operation.body, operation.reference = json_body(fields), reference
        return operation

    def rivals(self, operations: Sequence[Operation]) -> list[Operation]:
        """Return operations that are to be sent at once, each at another replica than the one before; any may win."""
        for place, operation in enumerate(operations):
            operation.replica = (self.arrival.replica + place) % len(self.job.api_urls)
            operation.expect = "any"
        return list(operations)

    def draft_get(self, payment_id: str, reference: str | None = None) -> Operation:
        """Return a read of a payment."""
        operation = self.draft("get", f"{PAYMENTS}/{payment_id}")
        operation.payment_id, operation.reference = payment_id, reference
        return operation
