"""How gateways do: whether each answers and takes our keys, and how long its calls took lately."""

import asyncio
import time
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from system.api import parse
from system.api.acting import acting
from system.api.handling import Service, respond
from system.api.runbook import Operation
from system.api.runbook._rows import number_of, rows_of
from system.clock import in_us, shared_us
from system.gateway import GatewayReply
from system.json_body import PlainObject
from system.platform import Platform

ASK_LIMIT_S = 3.0
"""Longer than any timeout of a single call to a gateway, shorter than an operator's patience."""
ASKED_SPAN_US = 1_000_000
"""A gateway is asked for its feed of the last second: it needs a key, costs nothing and changes nothing."""

LATENCIES = """
SELECT gateway, call_kind AS kind, count(*) AS calls,
    (percentile_cont(0.5) WITHIN GROUP (ORDER BY decided_at_us - dispatched_at_us) / 1000)::float8 AS p50_ms,
    (percentile_cont(0.95) WITHIN GROUP (ORDER BY decided_at_us - dispatched_at_us) / 1000)::float8 AS p95_ms,
    (max(decided_at_us - dispatched_at_us) / 1000.0)::float8 AS max_ms,
    count(*) FILTER (WHERE evidence IS DISTINCT FROM 'reply') AS not_by_reply
FROM pay.gateway_attempts
WHERE dispatched_at_us >= %s AND decided_at_us IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 LIMIT %s
"""


async def gateway_health(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/gateway-health-check?gateway=stripe``: asked now, beside its breakers."""
    platform = service.platform
    async with acting(service, request, correlation, "gateway_health_check", "gateways") as act:
        query = act.query(frozenset({"gateway"}))
        known = sorted(platform.connectors)
        wanted = query.get("gateway")
        if wanted is not None and wanted not in known:
            raise parse.invalid("gateway_unknown", f"gateway must be one of {', '.join(known)}.", "gateway")
        names = known if wanted is None else [wanted]
        found = await asyncio.gather(*(_asked(platform, name) for name in names))
        await act.done(", ".join(f"{item['gateway']}: {item['answer']}" for item in found))
    return respond(correlation, 200, {"process": platform.settings.name, "gateways": found})


async def _asked(platform: Platform, name: str) -> PlainObject:
    now_us, started = shared_us(), time.perf_counter()
    trouble: GatewayReply | None = None
    answered = False
    with suppress(TimeoutError):
        async with asyncio.timeout(ASK_LIMIT_S):
            trouble = (await platform.connectors[name].feed(now_us - ASKED_SPAN_US, now_us)).trouble
            answered = True
    refused = trouble is not None and trouble.http_status in (401, 403)
    return {
        "gateway": name,
        "answer": "yes" if answered and trouble is None else "no",
        "keys": "taken" if answered and trouble is None else "refused" if refused else "not known",
        "trouble": None if answered and trouble is None else _why(trouble),
        "latency_ms": round((time.perf_counter() - started) * 1000, 1),
        "breakers": {
            view.operation_class: view.state for view in platform.breakers.views.values() if view.gateway == name
        },
        "primary": platform.shared.routing.primary == name,
    }


def _why(trouble: GatewayReply | None) -> str:
    if trouble is None:
        return "timeout"
    return trouble.code or str(trouble.http_status or trouble.phase)


async def gateway_latency(service: Service, request: Request, correlation: str) -> Response:
    """``GET /internal/api/payment/gateway-latency-check?last_min=15``: from a first byte until it was decided."""
    async with acting(service, request, correlation, "gateway_latency_check", "gateways") as act:
        query = act.query(frozenset({"last_min", "limit"}))
        last_min, limit = number_of(query, "last_min", 15, 60 * 24 * 31), number_of(query, "limit", 100, 1000)
        async with service.platform.database.connection() as connection:
            rows = await rows_of(connection, LATENCIES, (shared_us() - in_us(last_min * 60), limit))
            await act.note(connection, "done", f"of {last_min} min")
    return respond(correlation, 200, {"last_min": last_min, "calls": rows})


ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/internal/api/payment/gateway-health-check", gateway_health),
    ("GET", "/internal/api/payment/gateway-latency-check", gateway_latency),
)
