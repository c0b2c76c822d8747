"""What differs between a gateway's transaction feed and our attempts. Pure, so that it can be read as a table.

Presence in a feed is evidence. Absence is none before the feed has had time to show what happened (`trusted_until_us`),
and even then it only says that people should look, or that the gateway should be asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from system.feed import FeedLine, Happened
from system.gateway import DisputeTold, Kind, What
from system.states import DISPUTE_EDGES, AttemptState, DisputeState, OperationState


class BreakKind(StrEnum):
    """How two books differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    STATUS_DIFFERS = "status_differs"
    CHARGED_TWICE = "charged_twice"
    IN_FLIGHT = "in_flight"
    DISPUTE_DIFFERS = "dispute_differs"


TOLD_BY = {
    Kind.SALE: Happened.CAPTURE,
    Kind.CAPTURE: Happened.CAPTURE,
    Kind.AUTHORIZE: Happened.AUTHORIZE,
    Kind.VOID: Happened.VOID,
    Kind.REFUND: Happened.REFUND,
}
TAKING = frozenset({Kind.SALE, Kind.CAPTURE})
"""The kinds of calls whose money can be disputed."""
UNDER_WAY = frozenset({AttemptState.PREPARED, AttemptState.DISPATCHED, AttemptState.REQUIRES_ACTION})
IN_DOUBT = frozenset({AttemptState.UNKNOWN, AttemptState.MANUAL})
UNDOING = frozenset({OperationState.OPEN, OperationState.UNKNOWN, OperationState.SUCCEEDED})
CLOSED = frozenset({AttemptState.DECLINED, AttemptState.NOT_EXECUTED})
DONE = frozenset({AttemptState.SUCCEEDED, AttemptState.REVERSED})


@dataclass(frozen=True, slots=True)
class OurDispute:
    """A dispute as our books have it, by the gateway's own id."""

    reference: str
    state: DisputeState
    withdrawn_minor: int
    fee_minor: int
    reinstated_minor: int


@dataclass(frozen=True, slots=True)
class Ours:
    """One attempt as our books have it. Times are microseconds, amounts minor units."""

    attempt_id: str
    operation_id: str
    payment_id: str
    kind: Kind
    state: AttemptState
    amount_minor: int
    currency: str
    gateway_ref: str | None
    quiet_since_us: int
    """When it last changed its state; one in the manual queue has not been sent since then."""
    prepared_at_us: int
    booked_minor: int | None = None
    """What its journal says, None without one."""
    reversal: OperationState | None = None
    """State of the operation that undoes it, None without one."""
    undoes: bool = False
    """It is the attempt of a reversal: it must be carried out."""
    has_other: bool = False
    """Another attempt of the same operation succeeded."""
    disputes: tuple["OurDispute", ...] = ()
    held: bool = False
    """It is an authorization that our books have as open, and nobody is capturing or voiding it."""


@dataclass(frozen=True, slots=True)
class Break:
    """One difference. `ours` is None for a line of no attempt of ours, `line` for what no line tells of."""

    kind: BreakKind
    ours: Ours | None
    line: FeedLine | None
    failed: bool = False
    """The feed also tells that it was taken back (a refund that failed)."""
    taken_back: What | None = None
    """What the feed tells was taken back of a success that our books have as standing."""
    seen: bool = field(default=True)
    """False where the feed would show it by now, and does not."""

    @property
    def subject(self) -> str:
        """What the break is about: a line for disputes and what is there twice or unknown here, else our attempt."""
        if self.ours is None or self.kind in (BreakKind.CHARGED_TWICE, BreakKind.DISPUTE_DIFFERS):
            return self.line.line_id if self.line is not None else ""
        return self.ours.attempt_id


def compare(ours: Sequence[Ours], lines: Iterable[FeedLine], trusted_until_us: int) -> list[Break]:
    """Return every difference, each attempt's first one only (but each second charge)."""
    told: dict[tuple[str, Happened], list[FeedLine]] = defaultdict(list)
    known = {row.attempt_id for row in ours}
    strangers = []
    takers = {row.gateway_ref: row for row in ours if row.kind in TAKING and row.state in DONE}
    disputed: list[Break] = []
    for line in lines:
        if line.dispute is not None:
            disputed += _disputed(takers.get(line.gateway_ref), line, line.dispute)
            continue
        told[line.attempt_id or line.gateway_ref, line.happened].append(line)
        if line.attempt_id not in known and line.happened is not Happened.VOID:
            strangers.append(Break(BreakKind.MISSING_HERE, None, line))
    found = [item for row in ours for item in _of_attempt(row, told, trusted_until_us)]
    return [*found, *disputed, *strangers]


def _of_attempt(row: Ours, told: dict[tuple[str, Happened], list[FeedLine]], trusted_until_us: int) -> list[Break]:
    name = (row.gateway_ref or "") if row.kind is Kind.VOID else row.attempt_id
    lines = sorted(told.get((name, TOLD_BY[row.kind]), ()), key=lambda line: line.gateway_ref != row.gateway_ref)
    if not lines:
        return _absent(row, trusted_until_us)
    taken_back = row.kind is Kind.REFUND and bool(told.get((name, Happened.REFUND_FAILED)))
    first = _present(row, lines[0], taken_back) or _not_standing(row, told)
    return [*([first] if first else []), *(Break(BreakKind.CHARGED_TWICE, row, line) for line in lines[1:])]


def _absent(row: Ours, trusted_until_us: int) -> list[Break]:
    overdue = row.quiet_since_us <= trusted_until_us
    if row.state in UNDER_WAY or row.state in IN_DOUBT:
        return [Break(BreakKind.IN_FLIGHT, row, None, seen=not overdue)]
    return [Break(BreakKind.MISSING_THERE, row, None, seen=False)] if row.state in DONE and overdue else []


def _present(row: Ours, line: FeedLine, taken_back: bool) -> Break | None:
    if line.currency != row.currency:
        return Break(BreakKind.CURRENCY_DIFFERS, row, line)
    # A void releases whatever is held: the line's amount is not this call's.
    booked = row.amount_minor if row.booked_minor is None else abs(row.booked_minor)
    if row.kind is not Kind.VOID and line.amount_minor not in ({row.amount_minor} & {booked}):
        return Break(BreakKind.AMOUNT_DIFFERS, row, line)
    if row.state in UNDER_WAY:
        return Break(BreakKind.IN_FLIGHT, row, line)
    if row.state in IN_DOUBT:
        return Break(BreakKind.STATUS_DIFFERS if taken_back else BreakKind.MISSING_HERE, row, line, failed=taken_back)
    if row.state in CLOSED and not taken_back and row.reversal not in UNDOING:
        return Break(BreakKind.CHARGED_TWICE if row.has_other else BreakKind.STATUS_DIFFERS, row, line)
    if row.state is AttemptState.SUCCEEDED and taken_back:
        return Break(BreakKind.STATUS_DIFFERS, row, line, failed=True, taken_back=What.REFUND_FAILED)
    return None


def _not_standing(row: Ours, told: dict[tuple[str, Happened], list[FeedLine]]) -> Break | None:
    """Return what the feed tells of a charge since: its hold is gone without our doing."""
    if row.state is not AttemptState.SUCCEEDED:
        return None
    gone = told.get((row.gateway_ref or "", Happened.VOID), ()) if row.kind is Kind.AUTHORIZE and row.held else ()
    return Break(BreakKind.STATUS_DIFFERS, row, gone[0], failed=True, taken_back=What.CANCELED) if gone else None


def _disputed(row: Ours | None, line: FeedLine, told: DisputeTold) -> list[Break]:
    """Return how a dispute differs from what our books have of it; one of a charge that nobody here made is for people.

    A charge that is still in doubt says so by itself, and its dispute is compared once that is decided.
    """
    if row is None:
        return []
    known = next((item for item in row.disputes if item.reference == told.reference), None)
    if known is not None and not _tells_more(known, told):
        return []
    # What does not fit the charge is for people: a dispute's amount may be another one, by the gateway's own word.
    if told.currency != row.currency:
        return [Break(BreakKind.CURRENCY_DIFFERS, row, line)]
    if told.amount_minor > row.amount_minor:
        return [Break(BreakKind.AMOUNT_DIFFERS, row, line)]
    return [Break(BreakKind.DISPUTE_DIFFERS, row, line)]


def _tells_more(known: OurDispute, told: DisputeTold) -> bool:
    """Tell whether a gateway says more of a dispute than we know: a later state, or money that is not booked."""
    return (
        (known.state, told.state) in DISPUTE_EDGES
        or (told.withdrawn_minor > 0 and not known.withdrawn_minor)
        or (told.fee_minor > 0 and not known.fee_minor)
        or (told.reinstated_minor > 0 and not known.reinstated_minor)
    )
