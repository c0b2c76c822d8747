"""Record a chargeback that somebody was told of: as the gateway's own list of disputes proves it, once by reference."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import Act, acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._transaction import attempts_of
from system.attempts.disputing import record_dispute
from system.breakers import class_of
from system.clock import shared_us
from system.core.failures import Refused
from system.gateway import Disputes, DisputeTold, Kind
from system.json_body import JsonObject
from system.money import AMOUNT_LIMIT_MINOR
from system.platform import Platform
from system.states import AttemptState, Evidence
from system.store.attempts import Attempt
from system.store.disputes import Disputed, note_chargeback

KNOWN = frozenset({"chargebackReference", "amount", "reason"})
TAKING = (Kind.SALE, Kind.CAPTURE)


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator was told: whose chargeback, how much of it (minor units), and why."""

    reference: str
    amount_minor: int
    reason: str


async def chargeback(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/payment/transactions/{transaction_id}/chargeback``: 200, also where it is known already.

    409 where the gateway's books do not have it: nothing is booked that did not happen there.
    """
    async with acting(service, request, correlation, "chargeback", "unknown") as act:
        transaction_id = request.path_params["transaction_id"]
        body = await act.body(KNOWN)
        act.about(transaction_id, f"{body.get('chargebackReference')}: {body.get('reason')}")
        order = order_of(body)
        async with service.platform.database.connection() as connection:
            attempts = await attempts_of(connection, transaction_id)
        taken = [a for a in attempts if a.state is AttemptState.SUCCEEDED and a.request.kind in TAKING]
        if not taken:
            raise _conflict("transaction_not_charged", "Nothing was taken by it, so nothing of it is charged back.")
        told = _meant(await _ask(service.platform, taken[0]), taken[0], order)
        outcome = await _record(service.platform, act, taken[0], told, order)
    return respond(
        correlation,
        200,
        {
            "transaction_id": transaction_id,
            "chargeback_reference": order.reference,
            "gateway": taken[0].gateway,
            "dispute": told.reference,
            "state": told.state,
            "amount_minor": told.withdrawn_minor,
            "currency": told.currency,
            "outcome": outcome,
        },
    )


def order_of(body: JsonObject) -> Order:
    """Read the order. Raises Refused (400)."""
    reference = parse.text(body, "chargebackReference", limit=64) or ""
    reason = parse.text(body, "reason", limit=255) or ""
    amount = body.get("amount")
    if amount is None:
        raise parse.invalid("parameter_missing", "amount is required.", "amount")
    if type(amount) is not int or not 0 < amount <= AMOUNT_LIMIT_MINOR:
        raise parse.invalid("amount_invalid", "amount must be a positive integer of minor units.", "amount")
    return Order(reference, amount, reason)


async def _ask(platform: Platform, attempt: Attempt) -> Disputes:
    """Ask the gateway for the charge's disputes. Raises Refused (503)."""
    permit = await platform.breakers.acquire(attempt.gateway, class_of(attempt.request.kind))
    if permit is None:
        message = f"The breaker of {attempt.gateway} is open. Nothing was changed."
        raise Refused(503, "api_error", "gateway_unavailable", message, retry_after_s=2)
    found = await platform.connectors[attempt.gateway].disputes(attempt.request)
    await platform.breakers.settle(permit, failed=found.trouble is not None and found.trouble.failure)
    if found.trouble is not None:
        message = f"{attempt.gateway} did not say what is disputed of it. Nothing was changed."
        raise Refused(503, "api_error", "gateway_silent", message, retry_after_s=2)
    return found


def _meant(found: Disputes, attempt: Attempt, order: Order) -> DisputeTold:
    """Return the dispute that was meant: by the gateway's own id of it, else the one of that amount. Raises Refused."""
    withdrawn = [told for told in found.told if told.withdrawn_minor > 0]
    named = [told for told in withdrawn if told.reference == order.reference]
    fitting = [told for told in named or withdrawn if told.withdrawn_minor == order.amount_minor]
    if len(fitting) == 1:
        return fitting[0]
    amounts = ", ".join(f"{told.reference} of {told.withdrawn_minor}" for told in withdrawn) or "none"
    raise _conflict("gateway_contradicts", f"{attempt.gateway} has these chargebacks of it: {amounts}.")


async def _record(platform: Platform, act: Act, attempt: Attempt, told: DisputeTold, order: Order) -> str:
    """Merge the dispute, keep the operator's reference of it and the audit's row, all or nothing. Raises Refused."""
    async with platform.database.connection() as connection, connection.transaction():
        outcome = await record_dispute(platform, attempt, told, Evidence.OPERATOR, connection)
        if outcome not in (Disputed.RECORDED, Disputed.ALREADY):
            raise _conflict("dispute_not_recorded", f"It does not fit what is booked of its charge ({outcome}).")
        noted = await note_chargeback(
            connection,
            reference=order.reference,
            dispute_reference=told.reference,
            gateway=attempt.gateway,
            payment_id=attempt.request.payment_id,
            amount_minor=order.amount_minor,
            reason=order.reason,
            actor=act.action,
            now_us=shared_us(),
        )
        if noted == "reused":
            raise _conflict("chargeback_reference_used", "This reference stands for another chargeback.")
        done = "unchanged" if noted == "already" and outcome is Disputed.ALREADY else "done"
        await act.note(connection, done, f"{told.reference} {told.state}; {act.told}")
    return "recorded" if outcome is Disputed.RECORDED else "already"


def _conflict(code: str, message: str) -> Refused:
    return Refused(409, "invalid_request_error", code, message)


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/internal/api/payment/transactions/{transaction_id}/chargeback", chargeback),
)
