"""The same load against a system that is not ours: an adapter translates requests on their way out, answers on their
way in. Whatever comes after (history, retries, following) sees an answer of our own API.
"""

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from harness.core.adapter import Adapter, Payment, Reply, Request, Seen, Word, request_headers
from harness.core.plain import JsonObject, Plain
from harness.targets.remote.checking import checked_seen
from harness.targets.remote.loading import load_adapter
from harness.targets.remote.words import CODE, HTTP_STATUS, payment
from loadtests.cards import DECLINED_CARD, EMPTY_CARD, GOOD_CARDS
from loadtests.http1 import Answer
from loadtests.job import LoadJob
from loadtests.journal import REPLAYED
from loadtests.operations import Operation, Wire
from loadtests.tls import place_of

FLOWS = frozenset({"sale", "read_back", "same_key_race", "key_reuse", "decline", "insufficient_funds"})
"""What can be asked of any payment system: payments, and reading them. All else belongs to our own API."""
OF_DECLINES = frozenset({"decline", "insufficient_funds"})
OF_MERCHANTS = frozenset({"cross_tenant_key"})
"""What can be asked where some cards are declined, and where there are two merchants."""
RACES_MIN = 0.05
"""Where a mix has races for one key, at least this share of what is left of it: they show what little else does."""


def wire_for(job: LoadJob) -> Wire:
    """Return how to speak to the system of this job. Raises `UsageError` for an adapter that cannot be used."""
    return MappedWire(job, load_adapter(Path(job.adapter))) if job.adapter else Wire(job)


def flows(*, merchants: int = 1, declines: bool = True) -> frozenset[str]:
    """Return the flows that a system with so many merchants, and with cards that are declined or not, has words for."""
    return (FLOWS if declines else FLOWS - OF_DECLINES) | (OF_MERCHANTS if merchants > 1 else frozenset())


def sendable(mix: Mapping[str, float], *, merchants: int = 1, declines: bool = True) -> dict[str, float]:
    """Return the part of a load's mix that such a system can be asked for (see `flows`)."""
    able = flows(merchants=merchants, declines=declines)
    kept = {name: weight for name, weight in mix.items() if name in able}
    if kept.get("same_key_race") and len(kept) < len(mix):
        kept["same_key_race"] = max(kept["same_key_race"], RACES_MIN * sum(kept.values()))
    return kept


class MappedWire(Wire):
    """A wire that speaks to the system of an adapter."""

    def __init__(self, job: LoadJob, adapter: Adapter) -> None:
        super().__init__(job)
        self._adapter = adapter
        self._told = False
        self.tls = [place_of(url, adapter.ca_file) for url in job.api_urls.values()]

    def request(self, operation: Operation, replica: int) -> bytes:
        """Return the request's bytes for that replica, as the adapter words it. Raises what the adapter raises."""
        if operation.kind == "create":
            request = self._adapter.send(self._payment(operation))
        else:
            request = self._adapter.look(operation.reference or "")
        host, port = self.addresses[replica]
        headers = request_headers(self._adapter, request, operation.merchant.id)
        return _bytes(request, headers, f"{host}:{port}", operation.correlation_id)

    def heard(self, operation: Operation, answer: Answer) -> Answer:
        """Return the answer as our own API would have given it. What the adapter cannot read is UNKNOWN."""
        if answer.error:
            return answer
        reply = Reply(answer.status, _headers(answer.head), answer.body)
        try:
            if operation.kind == "create":
                [seen] = checked_seen([self._adapter.answer(reply)], "answer")
                return _told(seen, operation.merchant.id, answer)
            found = checked_seen(list(self._adapter.found(reply, operation.reference or "")))
            return _shown(operation, found, answer)
        except Exception as error:  # noqa: BLE001 - an answer that was cut short may make an adapter fail in any way
            self._complain(operation, answer, error)
            return _answer(HTTP_STATUS[Word.UNKNOWN], _problem(UNREADABLE, definite=False), answer)

    def _complain(self, operation: Operation, answer: Answer, error: Exception) -> None:
        """Say once, in the load's log, what the adapter failed of: it may be a mistake in it."""
        if not self._told:
            self._told = True
            method = "answer" if operation.kind == "create" else "found"
            print(
                f"the adapter could not read an answer, which counts as UNKNOWN: {method}() failed of status "
                f"{answer.status} {answer.body[:200]!r}: {type(error).__name__}: {error}",
                file=sys.stderr,
            )
            traceback.print_exc()

    def _payment(self, operation: Operation) -> Payment:
        adapter, asked = self._adapter, operation.payment_method or ""
        declines = asked in _DECLINED
        cards, names = (adapter.declined_cards, _DECLINED) if declines else (adapter.cards, GOOD_CARDS)
        return Payment(
            reference=operation.reference or "",
            key=operation.key or "",
            amount_minor=operation.amount_minor or 0,
            currency=adapter.currency,
            exponent=operation.merchant.exponent,
            # The load has names of its own for cards; each stands for one of the adapter's.
            card=cards[names.index(asked) % len(cards)] if asked in names and cards else asked,
            declines=declines,
            merchant=operation.merchant.id,
        )


_DECLINED = (DECLINED_CARD, EMPTY_CARD)
UNREADABLE = "adapter_failed"
"""The code of an answer that the adapter could not read: the history tells it apart from one that it calls UNKNOWN."""


def _bytes(request: Request, own: Mapping[str, str], host: str, correlation_id: str) -> bytes:
    body = request.body
    headers = {"Host": host, "X-Correlation-Id": correlation_id, **own}
    if request.method != "GET":
        headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request.method} {request.path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.strip(): value.strip() for name, _, value in pairs}


def _told(seen: Seen, merchant: str, answer: Answer) -> Answer:
    """Return what an answer to a creation says."""
    status, shown = HTTP_STATUS[seen.word], payment(seen, merchant)
    if status in (200, 202):
        # Without the payment's id such an answer is malformed, as it would be from our own API.
        return _answer(status, shown or {}, answer, replayed=seen.replayed)
    definite = seen.word not in (Word.UNKNOWN, Word.BUSY)
    own = seen.word in (Word.KEY_REUSED, Word.BUSY)
    code = CODE[seen.word] if own else seen.code or CODE[seen.word]
    return _answer(status, _problem(code, definite=definite, shown=shown), answer, replayed=seen.replayed)


def _shown(operation: Operation, found: Sequence[Seen], answer: Answer) -> Answer:
    """Return what an answer to a look says: one payment, or a list of them where its id is not known."""
    seen_by = operation.merchant.id
    shown = [item | {"merchant_reference": operation.reference} for seen in found if (item := payment(seen, seen_by))]
    if operation.kind == "list":
        return _answer(200, {"data": shown}, answer)
    wanted = [item for item in shown if item["id"] == operation.payment_id] or shown
    return _answer(200, wanted[0], answer) if wanted else _answer(404, _problem("not_found", definite=True), answer)


def _problem(code: str, *, definite: bool, shown: JsonObject | None = None) -> JsonObject:
    return {"error": {"code": code, "definite": definite, "payment": shown}}


def _answer(status: int, document: Mapping[str, Plain], real: Answer, *, replayed: bool = False) -> Answer:
    """Return an answer of our API; a hash in its body keeps apart what was different on the wire."""
    body = json.dumps({**document, "wire_sha256": sha256(real.body).hexdigest()}).encode()
    head = real.head.replace(REPLAYED, b"") + (REPLAYED if replayed else b"")
    return Answer(status, head, body)
