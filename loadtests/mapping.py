"""The same load against a system that is not ours: an adapter translates requests on their way out, answers on their
way in. Whatever comes after (history, retries, following) sees an answer of our own API.
"""

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.core.adapter import Adapter, Payment, Reply, Request, Seen, Word
from harness.targets.remote.loading import load_adapter
from harness.targets.remote.words import CODE, HTTP_STATUS, payment
from loadtests.cards import DECLINED_CARD, EMPTY_CARD
from loadtests.http1 import Answer
from loadtests.job import LoadJob
from loadtests.journal import REPLAYED
from loadtests.operations import Operation, Wire

FLOWS = frozenset({"sale", "read_back", "same_key_race", "key_reuse", "decline", "insufficient_funds"})
"""What can be asked of any payment system: payments, and reading them. All else belongs to our own API."""


def wire_for(job: LoadJob) -> Wire:
    """Return how to speak to the system of this job. Raises `UsageError` for an adapter that cannot be used."""
    return MappedWire(job, load_adapter(Path(job.adapter))) if job.adapter else Wire(job)


def sendable(mix: Mapping[str, float]) -> dict[str, float]:
    """Return the part of a load's mix that can be asked of any payment system."""
    return {name: weight for name, weight in mix.items() if name in FLOWS}


class MappedWire(Wire):
    """A wire that speaks to the system of an adapter."""

    def __init__(self, job: LoadJob, adapter: Adapter) -> None:
        super().__init__(job)
        self._adapter = adapter
        self._told = False

    def request(self, operation: Operation, replica: int) -> bytes:
        """Return the request's bytes for that replica, as the adapter words it. Raises what the adapter raises."""
        if operation.kind == "create":
            request = self._adapter.send(_payment(operation))
        else:
            request = self._adapter.look(operation.reference or "")
        host, port = self.addresses[replica]
        return _bytes(request, f"{host}:{port}", operation.correlation_id)

    def heard(self, operation: Operation, answer: Answer) -> Answer:
        """Return the answer as our own API would have given it. What the adapter cannot read is UNKNOWN."""
        if answer.error:
            return answer
        reply = Reply(answer.status, _headers(answer.head), answer.body)
        try:
            if operation.kind == "create":
                return _told(self._adapter.answer(reply), answer)
            return _shown(operation, self._adapter.found(reply), answer)
        except Exception:  # noqa: BLE001 - an answer that was cut short may make an adapter fail in any way
            self._complain()
            return _answer(HTTP_STATUS[Word.UNKNOWN], _problem(CODE[Word.UNKNOWN], definite=False), answer)

    def _complain(self) -> None:
        """Say once, in the load's log, what the adapter failed of: it may be a mistake in it."""
        if not self._told:
            self._told = True
            print("the adapter could not read an answer, which counts as UNKNOWN:", file=sys.stderr)
            traceback.print_exc()


def _payment(operation: Operation) -> Payment:
    card, merchant = operation.payment_method or "", operation.merchant
    return Payment(
        reference=operation.reference or "",
        key=operation.key or "",
        amount_minor=operation.amount_minor or 0,
        currency=merchant.currency,
        exponent=merchant.exponent,
        card=card,
        declines=card in (DECLINED_CARD, EMPTY_CARD),
    )


def _bytes(request: Request, host: str, correlation_id: str) -> bytes:
    body = request.body
    headers = {"Host": host, "Content-Type": "application/json", "X-Correlation-Id": correlation_id, **request.headers}
    if request.method != "GET":
        headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request.method} {request.path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.strip(): value.strip() for name, _, value in pairs}


def _told(seen: Seen, answer: Answer) -> Answer:
    """Return what an answer to a creation says."""
    status, shown = HTTP_STATUS[seen.word], payment(seen)
    if status in (200, 202):
        # Without the payment's id such an answer is malformed, as it would be from our own API.
        return _answer(status, shown or {}, answer, replayed=seen.replayed)
    definite = seen.word not in (Word.UNKNOWN, Word.BUSY)
    problem = _problem(seen.code or CODE[seen.word], definite=definite, shown=shown)
    if seen.word in (Word.KEY_REUSED, Word.BUSY):
        problem["error"]["code"] = CODE[seen.word]
    return _answer(status, problem, answer, replayed=seen.replayed)


def _shown(operation: Operation, found: Sequence[Seen], answer: Answer) -> Answer:
    """Return what an answer to a look says: one payment, or a list of them where its id is not known."""
    shown = [item | {"merchant_reference": operation.reference} for seen in found if (item := payment(seen))]
    if operation.kind == "list":
        return _answer(200, {"data": shown}, answer)
    wanted = [item for item in shown if item["id"] == operation.payment_id] or shown
    return _answer(200, wanted[0], answer) if wanted else _answer(404, _problem("not_found", definite=True), answer)


def _problem(code: str, *, definite: bool, shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "definite": definite, "payment": shown}}


def _answer(status: int, document: Mapping[str, Any], real: Answer, *, replayed: bool = False) -> Answer:
    """Return an answer of our API; a hash in its body keeps apart what was different on the wire."""
    body = json.dumps({**document, "wire_sha256": sha256(real.body).hexdigest()}).encode()
    head = real.head.replace(REPLAYED, b"") + (REPLAYED if replayed else b"")
    return Answer(status, head, body)
