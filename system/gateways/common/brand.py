"""What makes a gateway stripe-like or paypal-like, as far as the shared front door and the faults must know."""

from collections.abc import Callable
from typing import Protocol

from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.money import Currencies
from system.gateways.common.records import Reply
from system.gateways.common.router import Router
from system.gateways.common.rows import Row

Handler = Callable[[Exchange, Batch], Answer]
"""Executes one request: adds what changes to the batch and returns the answer. Never waits."""


class Brand(Protocol):
    """One gateway's dialect."""

    name: str
    router: Router
    currencies: Currencies

    def key_of(self, exchange: Exchange) -> str:
        """Return the request's idempotency key, '' without one."""
        ...

    def scope_of(self, exchange: Exchange) -> str:
        """Return the space in which that key must be unique."""
        ...

    def read(self, exchange: Exchange) -> Answer | None:
        """Parse the body and write our ids into the call's row; an answer refuses it."""
        ...

    def authenticate(self, exchange: Exchange) -> Answer | None:
        """Return a refusal unless the caller may come in."""
        ...

    def replay(self, exchange: Exchange, reply: Reply) -> Answer:
        """Answer a key that was answered before."""
        ...

    def finish(self, exchange: Exchange, answer: Answer) -> Answer:
        """Add the dialect's standard headers."""
        ...

    def not_found(self, exchange: Exchange) -> Answer:
        """There is no such url."""
        ...

    def in_use(self, exchange: Exchange) -> Answer:
        """The same key is being worked on."""
        ...

    def mismatch(self, exchange: Exchange) -> Answer:
        """The key was used with other parameters."""
        ...

    def too_many(self, exchange: Exchange) -> Answer:
        """Rate limited (429)."""
        ...

    def broken(self, exchange: Exchange, status: int) -> Answer:
        """A server error with this status."""
        ...

    def refusing(self, exchange: Exchange, executed: Answer) -> Answer:
        """A decline that says "try again later", of a request that was executed all the same."""
        ...

    def misquoted(self, body: Row, by_minor: int, currency: str) -> Row:
        """Return the same answer with another amount, and another currency unless it is ''."""
        ...

    def retention_s(self, exchange: Exchange) -> float:
        """Return for how long the request's key is remembered."""
        ...
