"""Create, capture, void, refund: the money requests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.auth import Merchant
from system.api.fingerprint import fingerprint
from system.api.handling import Service, read_body, respond_answer
from system.breakers import DATABASE_TROUBLE
from system.core.answers import Answer
from system.core.failures import Held, Refused
from system.core.intent import Intent
from system.gateway import Kind
from system.json_body import JsonObject
from system.states import CaptureMode
from system.store.payments import find_payment

CREATE_FIELDS = frozenset(
    {"amount_minor", "amount", "currency", "payment_method", "capture", "merchant_reference", "description"}
)
CAPTURE_FIELDS = frozenset({"amount_minor", "amount", "merchant_reference"})
VOID_FIELDS = frozenset({"merchant_reference"})
REFUND_FIELDS = frozenset({"amount_minor", "amount", "merchant_reference", "reason"})


async def create(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/payments``."""
    started = time.perf_counter()
    with _trouble_counted(service, started, refund=False):
        return await _run(service, await _payment(service, request, correlation), started)


async def _payment(service: Service, request: Request, correlation: str) -> Intent:
    headers = request.headers
    merchant = await service.authenticator.merchant(headers)
    key = parse.idempotency_key(headers)
    body = parse.json_object(headers, await read_body(request), CREATE_FIELDS)
    currency, exponent = parse.currency(body)
    amount_minor = parse.amount(body, exponent, service.platform.seams.parse_amount)
    try:
        capture_mode = CaptureMode(str(body.get("capture", CaptureMode.AUTOMATIC)))
    except ValueError:
        raise parse.invalid("parameter_invalid", "capture must be automatic or manual.", "capture") from None
    description = parse.text(body, "description", limit=255, required=False)
    fields: JsonObject = {
        "amount_minor": amount_minor,
        "currency": currency,
        "payment_method": parse.payment_method(body),
        "capture": capture_mode,
        "merchant_reference": parse.reference(body),
        "description": description,
    }
    return Intent(
        merchant_id=merchant.merchant_id,
        idempotency_key=key,
        fingerprint=_fingerprint(service, "/v1/payments", fields),
        kind=Kind.SALE if capture_mode is CaptureMode.AUTOMATIC else Kind.AUTHORIZE,
        amount_minor=amount_minor,
        reference=str(fields["merchant_reference"]),
        correlation_id=correlation,
        description=description,
        currency=currency,
        exponent=exponent,
        capture_mode=capture_mode,
        payment_method=str(fields["payment_method"]),
    )


async def capture(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/payments/{payment_id}/capture``."""
    return await _modify(service, request, correlation, Kind.CAPTURE, CAPTURE_FIELDS)


async def void(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/payments/{payment_id}/void``."""
    return await _modify(service, request, correlation, Kind.VOID, VOID_FIELDS)


async def refund(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/payments/{payment_id}/refunds``."""
    return await _modify(service, request, correlation, Kind.REFUND, REFUND_FIELDS)


async def _modify(service: Service, request: Request, correlation: str, kind: Kind, known: frozenset[str]) -> Response:
    started = time.perf_counter()
    with _trouble_counted(service, started, refund=kind is Kind.REFUND):
        return await _run(service, await _change(service, request, correlation, kind, known), started)


async def _change(service: Service, request: Request, correlation: str, kind: Kind, known: frozenset[str]) -> Intent:
    headers = request.headers
    merchant = await service.authenticator.merchant(headers)
    key = parse.idempotency_key(headers)
    body = parse.json_object(headers, await read_body(request), known)
    payment_id = parse.identifier(request.path_params["payment_id"], "payment")
    amount_minor, held = await _amount(service, merchant, payment_id, body, required=kind is Kind.REFUND)
    reason = parse.text(body, "reason", limit=255, required=False)
    fields: JsonObject = {
        # An amount that cannot be read is none that any request under this key can have had.
        "amount_minor": amount_minor if held is None else {"unread": body["amount"]},
        "merchant_reference": parse.reference(body),
        "reason": reason,
    }
    return Intent(
        merchant_id=merchant.merchant_id,
        idempotency_key=key,
        fingerprint=_fingerprint(service, f"/v1/payments/{payment_id}/{kind}", fields),
        kind=kind,
        amount_minor=amount_minor,
        reference=str(fields["merchant_reference"]),
        correlation_id=correlation,
        description=reason,
        payment_id=payment_id,
        held=held,
    )


@contextmanager
def _trouble_counted(service: Service, started: float, *, refund: bool) -> Iterator[None]:
    """Count a request that the database did not let come to an answer of its own: its client gets a 503."""
    try:
        yield
    except DATABASE_TROUBLE:
        service.platform.metrics.payment(time.perf_counter() - started, 503, refund=refund)
        raise


def _fingerprint(service: Service, route: str, fields: JsonObject) -> bytes:
    return fingerprint(service.hmac_secret, "POST", route, service.platform.seams.significant(fields))


async def _amount(
    service: Service, merchant: Merchant, payment_id: str, body: JsonObject, *, required: bool
) -> tuple[int | None, Held | None]:
    """The amount in the payment's own currency; only a decimal string needs to know which that is.

    One that this currency does not allow is refused by what was read, and so only after its key was looked up.
    Raises Refused (400) for what no currency allows, psycopg.Error, CommitIndeterminate.
    """
    parse_amount = service.platform.seams.parse_amount
    if not isinstance(body.get("amount"), str) or "amount_minor" in body:
        return parse.amount(body, merchant.exponent, parse_amount, required=required), None
    async with service.platform.database.connection() as connection:
        found = await find_payment(connection, payment_id, merchant.merchant_id)
        read_on = connection.generation
    if found is None:
        # Without its payment the amount means nothing. T1 says so, once no failover can bring the payment back.
        await service.platform.durable.confirm(read_on)
        return None, Held(parse.not_found("payment"), read_on)
    try:
        return parse.amount(body, found[0].exponent, parse_amount, required=required), None
    except Refused as refused:
        return None, Held(refused, read_on)


async def _run(service: Service, intent: Intent, started: float) -> Response:
    refund = intent.kind is Kind.REFUND
    try:
        answer = await service.engine.submit(intent)
    except Refused as refused:
        # Whoever could not be served is counted as well: without them an outage would look like a quiet hour.
        service.platform.metrics.payment(time.perf_counter() - started, refused.status_code, refund=refund)
        raise
    seconds = time.perf_counter() - started
    service.platform.metrics.payment(seconds, answer.status_code, refund=refund)
    _tell(service, intent, answer, seconds)
    return respond_answer(intent.correlation_id, answer)


def _tell(service: Service, intent: Intent, answer: Answer, seconds: float) -> None:
    service.platform.log.info(
        "money_request",
        correlation_id=intent.correlation_id,
        merchant_id=intent.merchant_id,
        kind=intent.kind,
        status_code=answer.status_code,
        replayed=answer.replayed,
        latency_ms=round(seconds * 1000, 1),
    )
