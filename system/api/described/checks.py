"""What operators look at when payments fail: failed transactions, methods, gateways."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from system.api.described import Described, Told
from system.api.described.errors import OPERATOR
from system.api.described.operators import Count

Hours = Annotated[int, Meta(ge=0, le=24 * 366)]
Minutes = Annotated[int, Meta(ge=0, le=60 * 24 * 31)]


class QueryFailed(Struct, kw_only=True):
    """How far back, and how many at most."""

    last_h: Hours = 1
    limit: Count = 100


class Pattern(Struct, frozen=True):
    """How many operations failed in the same way."""

    kind: str
    state: str
    gateway: str | None
    code: str | None
    payment_method: str
    count: int


class FailedTransaction(Struct, frozen=True):
    """An operation that failed, was declined, or is not decided."""

    operation_id: str
    payment_id: str
    merchant_id: str
    kind: str
    state: str
    gateway: str | None
    code: str | None
    payment_method: str
    amount_minor: int
    currency: str
    created_at_us: int


class FailedTransactions(Struct, frozen=True):
    """The most frequent pattern first; the newest transaction first."""

    last_h: int
    patterns: tuple[Pattern, ...]
    transactions: tuple[FailedTransaction, ...]


class QueryRates(Struct, kw_only=True):
    """How far back, and how many methods at most."""

    last_h: Hours = 24
    limit: Count = 100


class MethodRate(Struct, frozen=True):
    """How one payment method fared."""

    payment_method: str
    tried: int
    succeeded: int
    declined: int
    failed: int
    open: int
    success_percent: float


class MethodRates(Struct, frozen=True):
    """The worst method first."""

    last_h: int
    methods: tuple[MethodRate, ...]


class QueryGateway(Struct, kw_only=True):
    """Which gateway; none: all."""

    gateway: str | None = None


class GatewayAsked(Struct, frozen=True):
    """What came of asking one gateway for its feed of the last second."""

    gateway: str
    answer: Literal["yes", "no"]
    keys: Literal["taken", "refused", "not known"]
    trouble: str | None
    latency_ms: float
    breakers: dict[str, str]
    primary: bool


class GatewayHealth(Struct, frozen=True):
    """As this process sees them."""

    process: str
    gateways: tuple[GatewayAsked, ...]


class QueryLatency(Struct, kw_only=True):
    """How far back, and how many rows at most."""

    last_min: Minutes = 15
    limit: Count = 100


class CallTimes(Struct, frozen=True):
    """From a call's first byte until it was decided; `not_by_reply`: by a look-up, a webhook or a re-send."""

    gateway: str
    kind: str
    calls: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    not_by_reply: int


class GatewayLatency(Struct, frozen=True):
    """By gateway and kind of call."""

    last_min: int
    calls: tuple[CallTimes, ...]


class QueryAudit(Struct, kw_only=True):
    """Which month, by UTC, and how many rows at most."""

    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-05"])]
    limit: Annotated[int, Meta(ge=0, le=100_000)] = 1000


class AuditCount(Struct, frozen=True):
    """How often an action ended in one way."""

    action: str
    actor: str
    outcome: str
    count: int
    first_at_us: int
    last_at_us: int


class AuditRow(Struct, frozen=True):
    """One row of the audit."""

    at_us: int
    actor: str
    action: str
    object: str
    outcome: str
    origin: str | None
    detail: str | None
    request_id: str | None


class AuditReport(Struct, frozen=True):
    """A month of the audit: counted, and row by row, the oldest first."""

    month: str
    from_us: int
    to_us: int
    actions: tuple[AuditCount, ...]
    rows: tuple[AuditRow, ...]


def _read(summary: str, model: type[Struct], query: type[Struct], *errors: str) -> Described:
    told = {200: Told(model, "Now.")}
    errors = (*OPERATOR, "parameter_unknown", "parameter_invalid", *errors)
    return Described("operators", summary, told, errors, security="operator", query=query)


ROUTES: Mapping[tuple[str, str], Described] = {
    ("GET", "/internal/api/payment/query-failed-transactions"): _read(
        "What failed lately, and what it has in common", FailedTransactions, QueryFailed
    ),
    ("GET", "/internal/api/payment/payment-method-success-rates"): _read(
        "How payments fare by payment method", MethodRates, QueryRates
    ),
    ("GET", "/internal/api/payment/gateway-health-check"): Described(
        "operators",
        "Whether each gateway answers and takes our keys",
        {200: Told(GatewayHealth, "Asked just now.")},
        (*OPERATOR, "parameter_unknown", "gateway_unknown"),
        security="operator",
        query=QueryGateway,
    ),
    ("GET", "/internal/api/payment/gateway-latency-check"): _read(
        "How long gateways took lately", GatewayLatency, QueryLatency
    ),
    ("GET", "/internal/api/payment/generate-pci-audit-report"): _read(
        "Who did what in a month", AuditReport, QueryAudit
    ),
}
