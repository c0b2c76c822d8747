"""Close a stuck transaction by hand: only as the gateway itself proves it, never as somebody wishes it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._transaction import Said, ask, attempts_of
from system.attempts.applying import apply
from system.attempts.canceling import cancel_key
from system.clock import shared_us
from system.core.failures import Refused
from system.gateway import AUTHENTICATION_REQUIRED, GatewayReply
from system.json_body import JsonObject
from system.platform import Platform
from system.states import AttemptState, Evidence, Outcome
from system.store.attempts import Attempt
from system.store.connection import Connection

KNOWN = frozenset({"transactionId", "status", "reason", "requestedBy", "approvedBy"})
STATUSES = ("completed", "failed")
REASON_LENGTH_MIN = 10
OPEN = frozenset({AttemptState.UNKNOWN, AttemptState.MANUAL})


Proof = tuple[AttemptState, Evidence, GatewayReply]
"""A state, what proves it, and the gateway's word."""


@dataclass(frozen=True, slots=True)
class Order:
    """What two people want: one asked for it, another agreed."""

    transaction_id: str
    status: str
    reason: str
    requested_by: str
    approved_by: str


async def resolve(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/payment/resolve-stuck-transaction``: 200, or 409 with why the gateway's books forbid it."""
    async with acting(service, request, correlation, "resolve_stuck_transaction", "unknown") as act:
        body = await act.body(KNOWN)
        act.about(body.get("transactionId"), _who(body))
        order = order_of(body)
        async with service.platform.database.connection() as connection:
            attempts = await attempts_of(connection, order.transaction_id)
        stuck = [attempt for attempt in attempts if _is_stuck(attempt, shared_us())]
        if not stuck:
            raise _conflict("transaction_not_stuck", f"Its newest attempt is {attempts[0].state}.")
        state, evidence, reply = await _proof(service.platform, stuck[0], order.status)

        async def note(connection: Connection) -> None:
            await act.note(connection, "done", f"{state} by {evidence}; {act.told}")

        applied = await apply(service.platform, stuck[0], reply, evidence, go_on=False, also=note)
        if applied.outcome is not Outcome.RECORDED:
            raise _conflict("decided_meanwhile", "Somebody else decided about it meanwhile. Look at it again.")
    done = {"transaction_id": order.transaction_id, "attempt_id": stuck[0].request.attempt_id, "state": state}
    return respond(correlation, 200, {**done, "evidence": evidence})


def _is_stuck(attempt: Attempt, at_us: int) -> bool:
    """Tell whether nobody decides about it by themselves; a payer who is asked does, until their time is over."""
    overdue = attempt.expires_at_us is not None and attempt.expires_at_us <= at_us
    return attempt.state in OPEN or (attempt.state is AttemptState.REQUIRES_ACTION and overdue)


def _who(body: JsonObject) -> str:
    """Return who wants it and why, as far as the request tells, for the audit."""
    requested, approved, reason = (body.get(name) for name in ("requestedBy", "approvedBy", "reason"))
    return f"{requested}, approved by {approved}: {reason}"


def order_of(body: JsonObject) -> Order:
    """Read the order. Raises Refused (400)."""
    if body.get("status") not in STATUSES:
        raise parse.invalid("parameter_invalid", f"status must be one of {', '.join(STATUSES)}.", "status")
    names = ("transactionId", "status", "reason", "requestedBy", "approvedBy")
    order = Order(*(parse.text(body, name, limit=255) or "" for name in names))
    if len(order.reason.strip()) < REASON_LENGTH_MIN:
        message = f"reason must say why, in at least {REASON_LENGTH_MIN} characters."
        raise parse.invalid("reason_too_short", message, "reason")
    if order.requested_by.strip().lower() == order.approved_by.strip().lower():
        raise parse.invalid("approval_missing", "approvedBy must be another person than requestedBy.", "approvedBy")
    return order


async def _proof(platform: Platform, attempt: Attempt, status: str) -> Proof:
    """Return the state that the gateway's own books prove. Raises Refused (409, 503)."""
    said = await ask(platform, attempt)
    if said.verdict == "no_answer":
        message = f"{attempt.gateway} did not say what became of it. Nothing was changed."
        raise Refused(503, "api_error", "gateway_silent", message, retry_after_s=2)
    state = {"executed": AttemptState.SUCCEEDED, "declined": AttemptState.DECLINED}.get(said.verdict)
    if state is not None and said.lookup.reply is not None:
        if (state is AttemptState.SUCCEEDED) != (status == "completed"):
            raise _conflict("gateway_contradicts", f"{attempt.gateway} says that it was {said.verdict}.")
        return state, Evidence.LOOKUP, said.lookup.reply
    return await _canceled(platform, attempt, said, status)


async def _canceled(platform: Platform, attempt: Attempt, said: Said, status: str) -> Proof:
    """Nothing was found: that proves nothing. As failed it may be closed once the gateway has canceled its key.

    The same holds for one that still waits for its payer, once the gateway has canceled the charge.
    """
    if status == "failed" and said.lookup.reply is not None and said.lookup.reply.code == AUTHENTICATION_REQUIRED:
        return await _given_up(platform, attempt)
    if status == "completed" or said.verdict != "not_found":
        raise _conflict("no_evidence", f"{attempt.gateway} has no proof of it ({said.verdict}).")
    reply, evidence = await cancel_key(platform, attempt)
    state = platform.seams.attempt_state(reply)
    if state is AttemptState.SUCCEEDED:
        raise _conflict("gateway_contradicts", f"{attempt.gateway} says that it was executed.")
    if state is AttemptState.UNKNOWN:
        told = f"{attempt.gateway} does not show it, and did not cancel its key ({reply.code or 'no answer'})."
        raise _conflict("not_proven", told)
    return state, evidence, reply


async def _given_up(platform: Platform, attempt: Attempt) -> Proof:
    reply = await platform.seams.abandon(platform.connectors[attempt.gateway], attempt.request)
    state = platform.seams.attempt_state(reply)
    if state is AttemptState.SUCCEEDED:
        raise _conflict("gateway_contradicts", f"{attempt.gateway} says that its payer has paid.")
    if state is not AttemptState.DECLINED:
        told = f"{attempt.gateway} did not cancel it ({reply.code or 'no answer'})."
        raise _conflict("not_proven", told)
    return state, Evidence.CANCEL, reply


def _conflict(code: str, message: str) -> Refused:
    return Refused(409, "invalid_request_error", code, message)


ROUTES: tuple[tuple[str, str, Operation], ...] = (("POST", "/internal/api/payment/resolve-stuck-transaction", resolve),)
