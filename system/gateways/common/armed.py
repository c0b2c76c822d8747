"""A fault that is planted: which requests it chooses, and how it counts what it does to them."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from system.gateways.common.books import Books
from system.gateways.common.clock import now_us
from system.gateways.common.records import Call, Hit
from system.gateways.common.rows import Row


class Asking(Protocol):
    """A request, as far as a fault marks it."""

    call: Call


@dataclass(frozen=True)
class ArmedFault:
    """One planted fault."""

    id: str
    name: str
    """Of its kind."""
    share: float
    seed: int
    parameters: Row
    endpoints: frozenset[str]
    books: Books

    def chooses(self, *facts: object) -> bool:
        """Tell whether whatever these facts identify goes wrong."""
        return self.share >= 1.0 or self.roll("chosen", *facts) < self.share

    def roll(self, *facts: object) -> float:
        """Return a number in [0, 1) that only depends on the seed, the fault's id and the facts."""
        text = "\x1f".join(map(str, (self.seed, self.id, *facts)))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64

    def hit(self, exchange: Asking) -> None:
        """Count one bite at a request and write it to the call's row."""
        exchange.call.fault = self.name
        self.count(exchange.call.call_id)

    def count(self, subject: str) -> None:
        """Count one bite, at whatever ``subject`` names: a call that is not spoilt by it, an event, a connection."""
        if self.id in self.books.state.armed:
            self.books.commit([Hit(self.id, self.name, subject, now_us())])
