"""Compare a gateway's feed with our books, and repair what is safe."""

from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import ACTOR, acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.clock import iso, shared_us
from system.core.failures import Refused
from system.json_body import JsonObject, PlainObject
from system.reconciliation.findings import break_id
from system.reconciliation.reconciler import Found, Reconciler, Result, Wish
from system.reconciliation.repairing import Asker

KNOWN = frozenset({"gateway", "from", "to", "date", "dryRun"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def reconcile(service: Service, request: Request, correlation: str) -> Response:
    """``POST /internal/api/payment/reconcile-payments``: 200 with the breaks, 502 where the feed cannot be read."""
    async with acting(service, request, correlation, "reconcile_payments", "unknown") as act:
        body = await act.body(KNOWN)
        act.about(body.get("gateway"))
        wish = wish_of(body, sorted(service.platform.connectors))
        asker = Asker(ACTOR, act.origin, correlation)
        result = await Reconciler(service.platform).run(wish, asker)
        span = f"{wish.gateway} {iso(wish.from_us)} to {iso(wish.to_us)}{' dry run' if wish.dry_run else ''}"
        if result.run.trouble is not None:
            message = f"The feed of {wish.gateway} could not be read ({result.run.trouble}); nothing was changed."
            raise Refused(502, "api_error", "feed_unreadable", message, retry_after_s=1)
        counts = f"{result.run.breaks_found} breaks, {result.run.repairs} repairs"
        await act.done(f"{span}: {counts}", object=result.run.run_id)
    return respond(correlation, 200, told(result))


def wish_of(body: JsonObject, gateways: list[str]) -> Wish:
    """Read what to reconcile: a gateway, and a day (`date`) or a span (`from`, `to`: ISO 8601). Raises Refused.

    Days are UTC, whoever asks; a time of day must say its zone.
    """
    gateway, dry_run = body.get("gateway"), body.get("dryRun", False)
    if gateway not in gateways:
        raise parse.invalid("gateway_unknown", f"gateway must be one of {', '.join(gateways)}.", "gateway")
    if not isinstance(dry_run, bool):
        raise parse.invalid("parameter_invalid", "dryRun must be true or false.", "dryRun")
    if "date" in body:
        if "from" in body or "to" in body:
            raise parse.invalid("range_ambiguous", "Send date, or from and to, not both.", "date")
        start = _day(body, "date")
        end = start + timedelta(days=1)
    else:
        start, now = _moment(body, "from"), EPOCH + timedelta(microseconds=shared_us())
        end = _moment(body, "to") if "to" in body else now
    if start >= end:
        raise parse.invalid("range_empty", "from must be before to.", "from")
    return Wish(str(gateway), _us(start), min(_us(end), shared_us()), dry_run)


def _day(body: JsonObject, name: str) -> datetime:
    value = parse.text(body, name, limit=40) or ""
    if not _is_day(value):
        raise parse.invalid("date_invalid", f"{name} must be a day (UTC), such as 2026-01-31.", name)
    return _moment(body, name)


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _moment(body: JsonObject, name: str) -> datetime:
    value = parse.text(body, name, limit=40) or ""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise parse.invalid("date_invalid", f"{name} must be ISO 8601, such as 2026-01-31.", name) from None
    if moment.tzinfo is None and not _is_day(value):
        raise parse.invalid("zone_missing", f"{name} needs a zone, such as 2026-01-31T09:00:00Z.", name)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if not EPOCH <= moment.astimezone(UTC) <= EPOCH.replace(year=9999):
        raise parse.invalid("date_invalid", f"{name} must be between 1970 and 9999.", name)
    return moment


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def told(result: Result) -> PlainObject:
    """Return a run and its breaks as the answer tells them."""
    run = result.run
    return {
        "run_id": run.run_id,
        "gateway": run.gateway,
        "from": iso(run.from_us),
        "to": iso(run.to_us),
        "dry_run": run.dry_run,
        "trusted_until": iso(run.trusted_until_us),
        "feed_lines": run.feed_lines,
        "attempts_compared": run.attempts_compared,
        "repairs": run.repairs,
        "left_to_people": run.left_to_people,
        "breaks": [_break(run.gateway, item) for item in result.breaks],
    }


def _break(gateway: str, found: Found) -> PlainObject:
    ours, line = found.item.ours, found.item.line
    return {
        "break_id": break_id(gateway, found.item),
        "kind": found.item.kind,
        "state": found.state,
        "action": found.repair.action,
        "reason": found.repair.reason,
        "payment_id": ours.payment_id if ours else None,
        "attempt_id": ours.attempt_id if ours else None,
        "line_id": line.line_id if line else None,
        "ours": ours.state if ours else None,
        "theirs": line.happened if line else None,
        "amount_minor": ours.amount_minor if ours else None,
        "their_amount_minor": line.amount_minor if line else None,
        "currency": ours.currency if ours else line.currency if line else None,
    }


ROUTES: tuple[tuple[str, str, Operation], ...] = (("POST", "/internal/api/payment/reconcile-payments", reconcile),)
