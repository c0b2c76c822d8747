"""Plans: what merchants ask for, read strictly."""

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.handling import Service, read_body, respond
from system.clock import app_us
from system.core.billing_resources import plan_object
from system.core.presenting import refusal_of_charge
from system.core.subscribing import refused
from system.decisions.periods import Unit
from system.ids import new_id
from system.json_body import JsonObject
from system.store.plans import Plan, find_plan, store_plan

PLAN_FIELDS = frozenset(
    {"amount_minor", "amount", "currency", "interval", "interval_count", "trial_days", "merchant_reference"}
)
COUNT_MAX, TRIAL_MAX_DAYS = 52, 730


async def create(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/plans``: 201, or 200 where the same plan stands under this reference."""
    merchant = await service.authenticator.merchant(request.headers)
    body = parse.json_object(request.headers, await read_body(request), PLAN_FIELDS)
    platform = service.platform
    currency, exponent = parse.currency(body)
    amount_minor = parse.amount(body, exponent, platform.seams.parse_amount) or 0
    no_gateway = refusal_of_charge(platform.seams.presentments, platform.connectors, currency, amount_minor)
    if no_gateway is not None:
        raise no_gateway
    plan = Plan(
        plan_id=new_id("plan_"),
        merchant_id=merchant.merchant_id,
        reference=parse.reference(body),
        amount_minor=amount_minor,
        currency=currency,
        exponent=exponent,
        unit=_unit(body),
        unit_count=parse.whole(body, "interval_count", 1, COUNT_MAX, default=1),
        trial_days=parse.whole(body, "trial_days", 0, TRIAL_MAX_DAYS, default=0),
        created_at_us=app_us(),
    )
    async with platform.database.connection() as connection:
        async with connection.transaction():
            stored = await store_plan(connection, plan)
        connection.require_certain()
        read_on = connection.generation
    new = stored.plan_id == plan.plan_id
    if not new:
        await platform.durable.confirm(read_on)
    if not stored.same_terms(plan):
        raise refused(
            "plan_reference_used", f"{stored.plan_id} has this reference, and other terms.", "merchant_reference"
        )
    return respond(correlation, 201 if new else 200, plan_object(stored))


async def get(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/plans/{plan_id}``."""
    merchant = await service.authenticator.merchant(request.headers)
    plan = await found_plan(service, parse.identifier(request.path_params["plan_id"], "plan"), merchant.merchant_id)
    return respond(correlation, 200, plan_object(plan))


async def found_plan(service: Service, plan_id: str, merchant_id: str) -> Plan:
    """A merchant's plan, as no failover can take it back. Raises Refused (404), psycopg.Error, CommitIndeterminate."""
    async with service.platform.database.connection() as connection:
        plan = await find_plan(connection, plan_id, merchant_id)
        read_on = connection.generation
    await service.platform.durable.confirm(read_on)
    if plan is None:
        raise parse.not_found("plan")
    return plan


def _unit(body: JsonObject) -> Unit:
    try:
        return Unit(str(body.get("interval", "")))
    except ValueError:
        raise parse.invalid("parameter_invalid", "interval must be day, week, month or year.", "interval") from None
