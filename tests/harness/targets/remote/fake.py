"""An adapter that needs nobody: everything it lists is in its lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.adapter import Adapter, Charge, Payment, Record, Reply, Request, Seen, Tells, Word


@dataclass
class Listing(Adapter):
    """Says what it was given. The system's answers are JSON objects with the fields of `Seen`."""

    listed: list[Charge] = field(default_factory=list)
    tells: frozenset[Tells] = frozenset()
    api_urls = {"shop": "http://127.0.0.1:28300"}  # noqa: RUF012
    toxiproxy = "127.0.0.1:28310"
    links = {"api1-to-stripe": "shop-gateway"}  # noqa: RUF012

    def send(self, payment: Payment) -> Request:
        wanted = {"order": payment.reference, "amount": payment.amount_minor, "declines": payment.declines}
        return Request("POST", "/pay", wanted, {"Idempotency-Key": payment.key})

    def answer(self, reply: Reply) -> Seen:
        return _seen(reply.json())

    def look(self, reference: str) -> Request:
        return Request("GET", f"/pay?order={reference}")

    def found(self, reply: Reply, reference: str) -> Sequence[Seen]:
        return [_seen(item) for item in reply.json()]

    def charges(self) -> Iterable[Charge]:
        return self.listed


@dataclass
class Bookkeeping(Listing):
    """An adapter with every optional method."""

    records: list[Record] = field(default_factory=list)
    resets: int = 0

    def payments(self) -> Iterable[Record]:
        return self.records

    def reset(self) -> None:
        self.resets += 1


def _seen(told: dict[str, Any]) -> Seen:
    return Seen(**{**told, "word": Word(told["word"])})
