"""What operators ask for: the runbook's endpoints, and the test controls."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict, Unpack

from msgspec import UNSET, Meta, Struct, UnsetType, field

from system.api.described import Described, Told
from system.api.described.errors import BODY, OPERATOR
from system.json_body import PlainObject
from system.states import DisputeState

Age = Annotated[int, Meta(ge=0, le=10**9)]
Count = Annotated[int, Meta(ge=0, le=1000)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]


class SwitchGateway(Struct, forbid_unknown_fields=True):
    """Which gateway is asked first from now on, and why."""

    primaryGateway: Annotated[str, Meta(examples=["paypal"])]
    reason: Name


class Nothing(Struct, forbid_unknown_fields=True):
    """An empty object."""


class Routing(Struct, frozen=True):
    """Which gateway is asked first and which then; `acknowledged` by every live process, or by all but `laggards`."""

    primary_gateway: str
    fallback_gateway: str
    fallback_enabled: bool
    version: int
    acknowledged: bool
    laggards: tuple[str, ...]


class RoutingNow(Struct, frozen=True):
    """The routing in force; `epoch` grows with every reset."""

    primary_gateway: str
    fallback_gateway: str
    fallback_enabled: bool
    version: int
    epoch: int


class Breaker(Struct, frozen=True):
    """One gateway's breaker for one class of operations."""

    gateway: str
    operation_class: str
    state: Literal["closed", "open", "half_open"]
    version: int


class Acknowledgement(Struct, frozen=True):
    """What one process last said that it knows."""

    name: str
    role: str
    routing_version: int
    epoch: int
    seen_at_us: int


class State(Struct, frozen=True):
    """Routing, breakers, who knows of them, and how much work is unfinished, by kind."""

    routing: RoutingNow
    breakers: tuple[Breaker, ...]
    acknowledgements: tuple[Acknowledgement, ...]
    backlog: dict[str, int]


class Refreshed(Struct, frozen=True):
    """The generation of the new pool of connections."""

    generation: int


class Reset(Struct, frozen=True):
    """The books are empty and everybody knows."""

    epoch: int
    routing_version: int


class MoveApplicationClock(Struct, forbid_unknown_fields=True):
    """How far ahead of the real time the application's is to be, in seconds: never less than it is already."""

    offset_s: Annotated[int, Meta(ge=0, le=315_360_000)]


class ApplicationClock(Struct, frozen=True):
    """How far ahead it is; `acknowledged` by every live process, or by all but `laggards`."""

    offset_s: int
    acknowledged: bool
    laggards: tuple[str, ...]


class FindStuck(Struct, kw_only=True):
    """How long a transaction must have been undecided."""

    older_than_s: Age = 60
    limit: Count = 100


class StuckTransaction(Struct, frozen=True):
    """An attempt whose outcome is not known."""

    payment_id: str
    operation_id: str
    attempt_id: str
    kind: str
    gateway: str
    state: str
    reference: str
    merchant_id: str
    amount_minor: int
    currency: str
    manual_reason: str | None
    checks: int
    misses: int
    age_s: int


class StuckTransactions(Struct, frozen=True):
    """The oldest first."""

    older_than_s: int
    transactions: tuple[StuckTransaction, ...]


class ListFailedRefunds(Struct, kw_only=True):
    """How far back."""

    last_h: Annotated[int, Meta(ge=0, le=24 * 366)] = 24
    limit: Count = 100


class FailedRefund(Struct, frozen=True):
    """A refund that failed, or of which nobody knows."""

    refund_id: str
    payment_id: str
    merchant_id: str
    reference: str
    amount_minor: int
    currency: str
    status: str
    state: str
    gateway: str | None
    code: str | None
    updated_at_us: int


class FailedRefunds(Struct, frozen=True):
    """The newest first."""

    last_h: int
    refunds: tuple[FailedRefund, ...]


class CheckTransaction(Struct, kw_only=True):
    """Which: the id of a payment, an operation or an attempt."""

    transaction_id: Annotated[str, Meta(min_length=1, max_length=64)]


class Ours(Struct, frozen=True):
    """What we say of an attempt."""

    state: str
    amount_minor: int
    currency: str


class Theirs(Struct, frozen=True):
    """What its gateway says."""

    verdict: Literal["executed", "declined", "undecided", "not_found", "no_answer"]
    code: str | None
    gateway_ref: str | None
    amount_minor: int | None
    currency: str | None


class CheckedAttempt(Struct, frozen=True):
    """One attempt, as we and its gateway see it."""

    attempt_id: str
    operation_id: str
    payment_id: str
    kind: str
    gateway: str
    ours: Ours
    theirs: Theirs


class CheckedTransaction(Struct, frozen=True):
    """All attempts, undecided ones first."""

    transaction_id: str
    attempts: tuple[CheckedAttempt, ...]


class ResolveTransaction(Struct, forbid_unknown_fields=True):
    """What two people want: one asked for it, another agreed. The gateway's books must prove it."""

    transactionId: Name
    status: Literal["completed", "failed"]
    reason: Annotated[str, Meta(min_length=10, max_length=255)]
    requestedBy: Name
    approvedBy: Name


class ResolvedTransaction(Struct, frozen=True):
    """What became of it, and by which proof."""

    transaction_id: str
    attempt_id: str
    state: str
    evidence: str


class Chargeback(Struct, forbid_unknown_fields=True):
    """A chargeback that somebody was told of; `amount` in minor units."""

    chargebackReference: Annotated[str, Meta(min_length=1, max_length=64)]
    amount: Annotated[int, Meta(ge=1)]
    reason: Name


class ChargebackRecorded(Struct, frozen=True):
    """The gateway's dispute that it is, and whether that was news."""

    transaction_id: str
    chargeback_reference: str
    gateway: str
    dispute: str
    state: DisputeState
    amount_minor: int
    currency: str
    outcome: Literal["recorded", "already"]


class ReconcilePayments(Struct, forbid_unknown_fields=True, kw_only=True):
    """A gateway, and a day (`date`, UTC) or a span (`from`, `to`: ISO 8601 with a zone; until now without `to`)."""

    gateway: str
    date: Annotated[str | UnsetType, Meta(examples=["2026-01-31"])] = UNSET
    from_: Annotated[str | UnsetType, Meta(examples=["2026-01-31T09:00:00Z"])] = field(default=UNSET, name="from")
    to: str | UnsetType = UNSET
    dryRun: bool = False


class Break(Struct, frozen=True):
    """A difference between a gateway's feed and our books, and what was done about it."""

    break_id: str
    kind: str
    state: str
    action: str
    reason: str
    payment_id: str | None
    attempt_id: str | None
    line_id: str | None
    ours: str | None
    theirs: str | None
    amount_minor: int | None
    their_amount_minor: int | None
    currency: str | None


class Reconciled(Struct, frozen=True):
    """One reconciliation and its breaks."""

    run_id: str
    gateway: str
    from_: str = field(name="from")
    to: str
    dry_run: bool
    trusted_until: str
    feed_lines: int
    attempts_compared: int
    repairs: int
    left_to_people: int
    breaks: tuple[Break, ...]


class Session(Struct, frozen=True):
    """How many connections of one process are in one state."""

    process: str
    state: str
    connections: int


class PoolStats(Struct, frozen=True):
    """This replica's pool, figure by figure, and every session of the database."""

    process: str
    pool: dict[str, int]
    sessions: tuple[Session, ...]


class LongTransactionsQuery(Struct, kw_only=True):
    """How long a transaction must have been open."""

    at_least_ms: Age = 0
    limit: Count = 10


class LongTransaction(Struct, frozen=True):
    """An open transaction; its query without values."""

    pid: int
    process: str
    state: str
    wait_event_type: str | None
    wait_event: str | None
    duration_ms: int
    query: str


class LongTransactions(Struct, frozen=True):
    """The longest first."""

    at_least_ms: int
    transactions: tuple[LongTransaction, ...]


class LocksQuery(Struct, kw_only=True):
    """How many at most."""

    limit: Count = 100


class Lock(Struct, frozen=True):
    """A lock on one of the platform's tables, and who stands in its way."""

    relation: str
    mode: str
    pid: int
    process: str
    granted: bool
    blocked_by: tuple[int, ...]


class Locks(Struct, frozen=True):
    """Those that wait first."""

    locks: tuple[Lock, ...]


class ArmPoint(Struct, forbid_unknown_fields=True):
    """Which point; null disarms."""

    point: str | None = None


class ArmedPoint(Struct, frozen=True):
    """The point at which this process will die."""

    point: str | None


class SetClock(Struct, forbid_unknown_fields=True):
    """How far ahead of the host's this process's clock is to be."""

    offset_s: Annotated[float, Meta(ge=-315_360_000, le=315_360_000)]


class Clock(Struct, frozen=True):
    """How far ahead it is."""

    offset_s: float


class _More(TypedDict, total=False):
    body: type[Struct]
    query: type[Struct]
    example: PlainObject
    optional_body: bool


def _operated(
    summary: str,
    model: type[Struct],
    when: str,
    *errors: str,
    answers: Mapping[int, Told] | None = None,
    **more: Unpack[_More],
) -> Described:
    told = {200: Told(model, when), **(answers or {})}
    return Described("operators", summary, told, (*OPERATOR, *errors), security="operator", **more)


_LAGGARDS = {202: Told(Routing, "In force, but some process has not acknowledged it in time.")}
_ROUTED = "In force in every live process."
_EMPTY: _More = {"body": Nothing, "optional_body": True}
_CONTROL = ("controls_not_allowed", *BODY)
_QUERY = ("parameter_unknown", "parameter_invalid")

ROUTES: Mapping[tuple[str, str], Described] = {
    ("POST", "/internal/api/payment/switch-gateway"): _operated(
        "Ask another gateway first",
        Routing,
        _ROUTED,
        *(*BODY, "gateway_unknown", "parameter_missing", "parameter_invalid", "card_data_refused", "not_set_up"),
        body=SwitchGateway,
        example={"primaryGateway": "paypal", "reason": "stripe declines everything"},
        answers=_LAGGARDS,
    ),
    ("POST", "/internal/api/system/enable-fallback-gateway"): _operated(
        "Let the second gateway step in", Routing, _ROUTED, *BODY, "not_set_up", answers=_LAGGARDS, **_EMPTY
    ),
    ("POST", "/internal/api/system/disable-fallback-gateway"): _operated(
        "Keep the second gateway out", Routing, _ROUTED, *BODY, "not_set_up", answers=_LAGGARDS, **_EMPTY
    ),
    ("POST", "/internal/api/system/refresh-db-connections"): _operated(
        "Build this replica's pool anew", Refreshed, "Built.", *BODY, body=Nothing, optional_body=True
    ),
    ("GET", "/internal/api/system/state"): _operated("Routing, breakers, backlog", State, "Now.", "not_set_up"),
    ("POST", "/internal/api/system/reset"): _operated(
        "Empty all books (test platforms only)",
        Reset,
        "Empty, and every live process knows.",
        *("reset_not_allowed", "reset_not_acknowledged", "reset_not_over"),
    ),
    ("POST", "/internal/api/system/application-clock"): _operated(
        "Move the application's time forward (test platforms only)",
        ApplicationClock,
        "In force in every live process.",
        *(*BODY, "parameter_invalid", "clock_not_movable", "clock_backwards", "not_set_up"),
        body=MoveApplicationClock,
        example={"offset_s": 86_400},
        answers={202: Told(ApplicationClock, "In force, but some process has not acknowledged it in time.")},
    ),
    ("GET", "/internal/api/payment/find-stuck-transactions"): _operated(
        "Transactions that wait for an outcome", StuckTransactions, "These.", *_QUERY, query=FindStuck
    ),
    ("GET", "/internal/api/payment/list-failed-refunds"): _operated(
        "Refunds that did not reach their customers", FailedRefunds, "These.", *_QUERY, query=ListFailedRefunds
    ),
    ("GET", "/internal/api/payment/check-gateway-transaction"): _operated(
        "What a gateway says of a transaction, beside what we say",
        CheckedTransaction,
        "Both; nothing was changed.",
        *(*_QUERY, "parameter_missing", "card_data_refused", "transaction_not_found", "gateway_unavailable"),
        query=CheckTransaction,
    ),
    ("POST", "/internal/api/payment/resolve-stuck-transaction"): _operated(
        "Decide about a stuck transaction, as the gateway's books prove",
        ResolvedTransaction,
        "Decided.",
        *(*BODY, "parameter_missing", "parameter_invalid", "card_data_refused", "reason_too_short"),
        *("approval_missing", "transaction_not_found", "transaction_not_stuck", "gateway_unavailable"),
        *("gateway_silent", "gateway_contradicts", "no_evidence", "not_proven", "decided_meanwhile"),
        body=ResolveTransaction,
        example={
            "transactionId": "pay_01JH0000000000000000000000",
            "status": "failed",
            "reason": "the customer called, and their bank shows nothing",
            "requestedBy": "ann",
            "approvedBy": "bob",
        },
    ),
    ("POST", "/internal/api/payment/transactions/{transaction_id}/chargeback"): _operated(
        "Record a chargeback, as the gateway's disputes prove it; once by reference",
        ChargebackRecorded,
        "It is in the books.",
        *(*BODY, "parameter_missing", "parameter_invalid", "card_data_refused", "amount_invalid"),
        *("transaction_not_found", "transaction_not_charged", "gateway_unavailable", "gateway_silent"),
        *("gateway_contradicts", "dispute_not_recorded", "chargeback_reference_used"),
        body=Chargeback,
        example={"chargebackReference": "CB12345", "amount": 1999, "reason": "unauthorized transaction"},
    ),
    ("POST", "/internal/api/payment/reconcile-payments"): _operated(
        "Compare a gateway's feed with our books, and repair what is safe",
        Reconciled,
        "Compared.",
        *(*BODY, "gateway_unknown", "parameter_missing", "parameter_invalid", "card_data_refused", "date_invalid"),
        *("zone_missing", "range_ambiguous", "range_empty", "feed_unreadable"),
        body=ReconcilePayments,
        example={"gateway": "stripe", "date": "2026-01-31", "dryRun": True},
    ),
    ("GET", "/internal/api/system/db-pool-stats"): _operated(
        "This replica's pool, and every session of the database", PoolStats, "Now.", "parameter_unknown"
    ),
    ("GET", "/internal/api/system/long-transactions"): _operated(
        "The longest open transactions", LongTransactions, "Now.", *_QUERY, query=LongTransactionsQuery
    ),
    ("GET", "/internal/api/system/locks"): _operated(
        "Locks on the platform's tables", Locks, "Now.", *_QUERY, query=LocksQuery
    ),
    ("POST", "/internal/api/system/crash-point"): Described(
        "test controls",
        "Let this process die at a point, or not (test platforms only)",
        {200: Told(ArmedPoint, "Armed, or not.")},
        ("api_key_invalid", "operator_token_invalid", *_CONTROL, "crash_point_unknown"),
        security="operator",
        body=ArmPoint,
    ),
    ("POST", "/internal/api/system/clock"): Described(
        "test controls",
        "Let this process live in another time (test platforms only)",
        {200: Told(Clock, "In force.")},
        ("api_key_invalid", "operator_token_invalid", *_CONTROL, "parameter_invalid"),
        security="operator",
        body=SetClock,
    ),
}
