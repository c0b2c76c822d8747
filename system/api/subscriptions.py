"""Subscriptions: what merchants ask for, read strictly."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.handling import Service, read_body, respond
from system.api.plans import found_plan
from system.clock import app_us
from system.core import subscribing
from system.core.billing_resources import invoice_object, subscription_object
from system.core.subscribing import Shown, Step
from system.decisions.periods import in_us, period_of
from system.ids import new_id
from system.json_body import JsonObject
from system.store.invoices_read import is_behind, list_invoices
from system.store.subscriptions import Subscription, find_subscription

SUBSCRIPTION_FIELDS = frozenset({"plan", "payment_method", "merchant_reference", "zone", "start_at", "end_at"})
LIMIT_MAX = 100
PAST_PERIODS_MAX = 200
"""A subscription may have begun so many periods ago; each of them is billed."""
EARLIEST_US = in_us(datetime(2020, 1, 1, tzinfo=UTC))
AHEAD_MAX_US = 2 * 366 * 86_400_000_000


@cache
def zones() -> frozenset[str]:
    """Every zone that the IANA names."""
    return frozenset(available_timezones())


async def create(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/subscriptions``: 201, or 200 where the same subscription stands under this reference."""
    merchant = await service.authenticator.merchant(request.headers)
    body = parse.json_object(request.headers, await read_body(request), SUBSCRIPTION_FIELDS)
    plan_id = parse.text(body, "plan", limit=64) or ""
    payment_method, reference, zone = parse.payment_method(body), parse.reference(body), _zone(body)
    now_us = app_us()
    started_at_us = _moment(body, "start_at", now_us)
    if started_at_us is None:
        started_at_us = now_us
    ends_at_us = _moment(body, "end_at", now_us)
    if ends_at_us is not None and ends_at_us <= started_at_us:
        raise parse.invalid("range_empty", "end_at must be after start_at.", "end_at")
    plan = await found_plan(service, parse.identifier(plan_id, "plan"), merchant.merchant_id)
    rules = service.platform.seams.billing
    anchor_us = rules.anchor_us(started_at_us, zone, plan.trial_days)
    subscription = Subscription(
        subscription_id=new_id("sub_"),
        merchant_id=merchant.merchant_id,
        reference=reference,
        plan_id=plan.plan_id,
        payment_method=payment_method,
        price_minor=plan.amount_minor,
        currency=plan.currency,
        exponent=plan.exponent,
        zone=zone,
        unit=plan.unit,
        unit_count=plan.unit_count,
        trial_days=plan.trial_days,
        started_at_us=started_at_us,
        anchor_us=anchor_us,
        created_at_us=now_us,
        next_start_us=anchor_us,
        ends_at_us=ends_at_us,
        end_reason=None if ends_at_us is None else "term",
    )
    until_us = now_us if ends_at_us is None else min(now_us, ends_at_us)
    if period_of(subscription.cadence, until_us) >= PAST_PERIODS_MAX:
        message = f"start_at is {PAST_PERIODS_MAX} periods ago or more."
        raise parse.invalid("start_out_of_range", message, "start_at")
    shown, new = await subscribing.begin(service.platform, subscription, timed="start_at" in body)
    return _respond(correlation, shown, 201 if new else 200)


async def get(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/subscriptions/{subscription_id}``."""
    found, behind = await _found(service, request)
    return _respond(correlation, Shown(found, behind, app_us()))


async def invoices(service: Service, request: Request, correlation: str) -> Response:
    """``GET /v1/subscriptions/{subscription_id}/invoices``: the newest period first."""
    query = request.query_params
    if not query.keys() <= {"limit", "before_period"}:
        raise parse.invalid("parameter_unknown", "Known: before_period, limit.")
    limit = _number(query.get("limit"), "limit", 1, LIMIT_MAX) or 20
    before = _number(query.get("before_period"), "before_period", 0, 10**6)
    found, _ = await _found(service, request)
    async with service.platform.database.connection() as connection:
        rows = await list_invoices(connection, found.subscription_id, limit=limit + 1, before=before)
        read_on = connection.generation
    await service.platform.durable.confirm(read_on)
    data = [invoice_object(row) for row in rows[:limit]]
    return respond(correlation, 200, {"data": data, "has_more": len(rows) > limit})


async def pause(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/subscriptions/{subscription_id}/pause``."""
    await _body(request, frozenset())
    return await _change(service, request, correlation, subscribing.pause)


async def resume(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/subscriptions/{subscription_id}/resume``."""
    await _body(request, frozenset())
    return await _change(service, request, correlation, subscribing.resume)


async def cancel(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/subscriptions/{subscription_id}/cancel``."""
    at = (await _body(request, frozenset({"at"}))).get("at", "period_end")
    if at == "now" or at == "period_end":
        return await _change(service, request, correlation, subscribing.cancel("now" if at == "now" else "period_end"))
    raise parse.invalid("parameter_invalid", "at must be now or period_end.", "at")


async def change(service: Service, request: Request, correlation: str) -> Response:
    """``POST /v1/subscriptions/{subscription_id}/change``: another plan or another payment method."""
    body = await _body(request, frozenset({"plan", "payment_method"}))
    if ("plan" in body) == ("payment_method" in body):
        raise parse.invalid("parameter_missing", "Send plan or payment_method, one of them.", "plan")
    if "plan" in body:
        plan_id = parse.identifier(parse.text(body, "plan", limit=64) or "", "plan")
        return await _change(
            service, request, correlation, subscribing.change_plan(plan_id, service.platform.seams.billing)
        )
    return await _change(service, request, correlation, subscribing.change_method(parse.payment_method(body)))


async def _change(service: Service, request: Request, correlation: str, step: Step) -> Response:
    merchant = await service.authenticator.merchant(request.headers)
    subscription_id = parse.identifier(request.path_params["subscription_id"], "subscription")
    shown = await subscribing.change(service.platform, subscription_id, merchant.merchant_id, step)
    return _respond(correlation, shown)


async def _body(request: Request, known: frozenset[str]) -> JsonObject:
    content = await read_body(request)
    return parse.json_object(request.headers, content, known) if content else {}


async def _found(service: Service, request: Request) -> tuple[Subscription, bool]:
    merchant = await service.authenticator.merchant(request.headers)
    subscription_id = parse.identifier(request.path_params["subscription_id"], "subscription")
    async with service.platform.database.connection() as connection:
        found = await find_subscription(connection, subscription_id, merchant.merchant_id)
        behind = found is not None and await is_behind(connection, subscription_id)
        read_on = connection.generation
    await service.platform.durable.confirm(read_on)
    if found is None:
        raise parse.not_found("subscription")
    return found, behind


def _respond(correlation: str, shown: Shown, status_code: int = 200) -> Response:
    body = subscription_object(shown.subscription, behind=shown.behind, now_us=shown.now_us)
    return respond(correlation, status_code, body)


def _zone(body: JsonObject) -> str:
    zone = body.get("zone", "UTC")
    if not isinstance(zone, str) or zone not in zones():
        raise parse.invalid("zone_unknown", "zone must be the name of an IANA zone, such as Europe/Berlin.", "zone")
    return zone


def _moment(body: JsonObject, name: str, now_us: int) -> int | None:
    """A moment from 2020 to two years ahead; None where nothing is said. Raises Refused."""
    text = body.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise parse.invalid("date_invalid", f"{name} must be a moment in ISO 8601.", name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise parse.invalid("date_invalid", f"{name} must be a moment in ISO 8601.", name) from None
    if moment.tzinfo is None:
        raise parse.invalid("zone_missing", f"{name} needs a zone, such as Z.", name)
    if not EARLIEST_US <= _exact(moment) <= now_us + AHEAD_MAX_US:
        raise parse.invalid("start_out_of_range", f"{name} must be from 2020 to two years ahead.", name)
    return _exact(moment)


def _exact(moment: datetime) -> int:
    try:
        return in_us(moment.astimezone(UTC))
    except OverflowError:
        return -1


def _number(text: str | None, name: str, least: int, most: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and least <= int(text) <= most):
        raise parse.invalid("parameter_invalid", f"{name} must be {least} to {most}.", name)
    return int(text)
