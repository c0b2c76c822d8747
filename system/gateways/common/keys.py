"""Idempotency keys: one execution for each, the same answer ever after, until the key is forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from system.gateways.common.books import Books
from system.gateways.common.brand import Brand
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.exchange import Answer, Exchange
from system.gateways.common.faults import key_prune
from system.gateways.common.records import Forget, Reply


def fingerprint(exchange: Exchange) -> str:
    """Return what identifies the request's parameters, whatever their order on the wire."""
    parts = sorted(exchange.body.split(b"&")) if exchange.body[:1] != b"{" else [exchange.body]
    digest = blake2b(f"{exchange.method} {exchange.path}\n".encode(), digest_size=16)
    digest.update(b"&".join(parts))
    return digest.hexdigest()


class Keys:
    """The keys of one gateway: those in use (in memory) and those answered (in the books)."""

    def __init__(self, brand: Brand, books: Books) -> None:
        self._brand = brand
        self._books = books
        self._in_use: set[tuple[int, str, str]] = set()

    def recall(self, exchange: Exchange) -> Answer | None:
        """Return the answer to a key that is in use or was answered; None lets the request execute."""
        self._prune(exchange)
        scope = self._brand.scope_of(exchange)
        if (exchange.epoch, scope, exchange.key) in self._in_use:
            return self._brand.in_use(exchange)
        reply = self._books.state.replies.get((scope, exchange.key))
        if reply is None or self._forgotten(exchange, reply):
            return None
        if reply.fingerprint != fingerprint(exchange):
            return self._brand.mismatch(exchange)
        return self._brand.replay(exchange, reply)

    @contextmanager
    def claimed(self, exchange: Exchange) -> Iterator[None]:
        """Hold the key. The caller has just seen that nobody else does, without waiting in between."""
        claim = (exchange.epoch, self._brand.scope_of(exchange), exchange.key)
        self._in_use.add(claim)
        try:
            yield
        finally:
            self._in_use.discard(claim)

    def reply(self, exchange: Exchange, answer: Answer) -> Reply:
        """Return the record that makes the key repeat this answer."""
        return Reply(
            self._brand.scope_of(exchange),
            exchange.key,
            fingerprint(exchange),
            answer.status,
            answer.body.decode(),
            new_id("req"),
            now_us(),
        )

    def _forgotten(self, exchange: Exchange, reply: Reply) -> bool:
        if _age_s(reply) <= self._brand.retention_s(exchange):
            return False
        self._books.commit([Forget(reply.scope, reply.key)])
        return True

    def _prune(self, exchange: Exchange) -> None:
        """Forget early whatever is older than a planted fault allows, whether or not it is asked for again."""
        armed = exchange.fault(key_prune.NAME)
        if armed is None:
            return
        replies = self._books.state.replies.values()
        old = [reply for reply in replies if _age_s(reply) > armed.parameters["retention_s"]]
        for reply in old:
            self._books.commit([Forget(reply.scope, reply.key)])
            armed.count(reply.key)


def _age_s(reply: Reply) -> float:
    return (now_us() - reply.at_us) / 1_000_000
