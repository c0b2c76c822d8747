"""What the gateway says about a transaction, beside what we say."""

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._transaction import Said, ask, attempts_of
from system.json_body import PlainObject
from system.store.attempts import Attempt


async def check(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/check-gateway-transaction?transaction_id=pay_...``: changes nothing."""
    async with acting(service, request, correlation, "check_gateway_transaction", "unknown") as act:
        given = act.query(frozenset({"transaction_id"}))
        act.about(given.get("transaction_id"))
        transaction_id = parse.text(dict(given), "transaction_id", limit=64) or ""
        async with service.platform.database.connection() as connection:
            attempts = await attempts_of(connection, transaction_id)
        said = [(attempt, await ask(service.platform, attempt)) for attempt in attempts]
        verdicts = ", ".join(f"{attempt.gateway}: {one.verdict}" for attempt, one in said)
        await act.done(verdicts, object=transaction_id)
    rows = [_told(attempt, one) for attempt, one in said]
    return respond(correlation, 200, {"transaction_id": transaction_id, "attempts": rows})


def _told(attempt: Attempt, said: Said) -> PlainObject:
    request = attempt.request
    return {
        "attempt_id": request.attempt_id,
        "operation_id": request.operation_id,
        "payment_id": request.payment_id,
        "kind": request.kind,
        "gateway": attempt.gateway,
        "ours": {"state": attempt.state, "amount_minor": request.amount_minor, "currency": request.currency},
        "theirs": said.told(),
    }


ROUTES: tuple[tuple[str, str, Operation], ...] = (("GET", "/internal/api/payment/check-gateway-transaction", check),)
