"""Retrieve and list; always within the merchant who asks, and never what a failover could still take back."""

from starlette.requests import Request
from starlette.responses import Response

from system.api.handling import Service, respond
from system.api.parse import identifier, invalid, not_found
from system.core.bodies import payment_object, refund_object
from system.states import published
from system.store.payments import find_refund, list_payments

LIMIT_DEFAULT = 20
LIMIT_MAX = 100

_LIST_PARAMETERS = frozenset({"limit", "starting_after", "merchant_reference"})


async def get_payment(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/payments/{payment_id}``."""
    merchant = await service.authenticator.merchant(request.headers)
    payment_id = identifier(request.path_params["payment_id"], "payment")
    async with service.platform.database.connection() as connection:
        found = await service.platform.seams.find_payment(connection, payment_id, merchant.merchant_id)
        read_on = connection.generation
    await service.platform.durable.confirm(read_on)
    if found is None:
        raise not_found("payment")
    return respond(correlation, 200, payment_object(*found))


async def get_refund(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/refunds/{refund_id}``."""
    merchant = await service.authenticator.merchant(request.headers)
    refund_id = identifier(request.path_params["refund_id"], "refund")
    async with service.platform.database.connection() as connection:
        refund = await find_refund(connection, refund_id, merchant.merchant_id)
        read_on = connection.generation
    await service.platform.durable.confirm(read_on)
    if refund is None:
        raise not_found("refund")
    return respond(correlation, 200, refund_object(refund))


async def list_all(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/payments``: newest first."""
    merchant = await service.authenticator.merchant(request.headers)
    parameters = request.query_params
    if not parameters.keys() <= _LIST_PARAMETERS:
        raise invalid("parameter_unknown", f"Known: {', '.join(sorted(_LIST_PARAMETERS))}.")
    limit = _limit(parameters.get("limit"))
    before = parameters.get("starting_after")
    if before is not None and not before.removeprefix("pay_").isalnum():
        raise invalid("parameter_invalid", "starting_after must be a payment's id.", "starting_after")
    reference = parameters.get("merchant_reference")
    if reference is not None and not (1 <= len(reference) <= 64 and reference.isprintable()):
        raise invalid("parameter_invalid", "merchant_reference must be printable.", "merchant_reference")
    async with service.platform.database.connection() as connection:
        found = await list_payments(
            connection, merchant.merchant_id, limit=limit + 1, before=before, reference=reference
        )
        read_on = connection.generation
    await service.platform.durable.confirm(read_on)
    data = [payment_object(*one) for one in found[:limit]]
    return respond(correlation, 200, {"data": data, "has_more": len(found) > limit})


def _limit(value: str | None) -> int:
    if value is None:
        return LIMIT_DEFAULT
    if not (value.isascii() and value.isdigit() and len(value) <= 3 and 1 <= int(value) <= LIMIT_MAX):
        raise invalid("parameter_invalid", f"limit must be 1 to {LIMIT_MAX}.", "limit")
    return int(value)


async def payment_states(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/payment-states``: the allowed edges, for everyone."""
    return respond(correlation, 200, published())
