"""Subscriptions: their rows, what changed about them, and their pauses."""

from dataclasses import astuple, dataclass, fields, replace
from enum import StrEnum

from system.decisions.billing import Pause
from system.decisions.periods import Cadence, Unit
from system.store.connection import Connection, Row


class ChangeKind(StrEnum):
    """What happened to a subscription."""

    CREATED = "created"
    PAUSED = "paused"
    RESUMED = "resumed"
    PLAN_CHANGED = "plan_changed"
    METHOD_CHANGED = "method_changed"
    CANCELED = "canceled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One row of ``pay.subscriptions``. Times are the application's, in microseconds since the epoch."""

    subscription_id: str
    merchant_id: str
    reference: str
    plan_id: str
    payment_method: str
    price_minor: int
    currency: str
    exponent: int
    zone: str
    unit: Unit
    unit_count: int
    trial_days: int
    started_at_us: int
    anchor_us: int
    created_at_us: int
    next_start_us: int
    next_period: int = 0
    paused_at_us: int | None = None
    ends_at_us: int | None = None
    end_reason: str | None = None
    pending_minor: int = 0
    """What changes of plan add to the next invoice, or take from it."""

    @property
    def cadence(self) -> Cadence:
        """When its periods begin."""
        return Cadence(self.anchor_us, self.zone, self.unit, self.unit_count)

    def same_terms(self, other: "Subscription", *, timed: bool) -> bool:
        """Whether both were asked for alike; ``timed``: a start was named. What may change since does not count."""
        alike = (self.anchor_terms, self.zone) == (other.anchor_terms, other.zone)
        return alike and (not timed or self.started_at_us == other.started_at_us)

    @property
    def anchor_terms(self) -> tuple[str, Unit, int, int]:
        """What a plan gave it that never changes."""
        return self.currency, self.unit, self.unit_count, self.trial_days


@dataclass(frozen=True, slots=True)
class Change:
    """What happened when. The amounts are those of a change of plan: both prices, and what it adds to the next bill."""

    kind: ChangeKind
    at_us: int
    from_minor: int = 0
    to_minor: int = 0
    prorated_minor: int = 0


_NAMES = [field.name for field in fields(Subscription)]
_COLUMNS = ", ".join(_NAMES)
_UNIT = _NAMES.index("unit")
_FIND = f"SELECT {_COLUMNS} FROM pay.subscriptions WHERE "
_MUTABLE = (
    "plan_id", "payment_method", "price_minor", "next_start_us", "next_period", "paused_at_us", "ends_at_us",
    "end_reason", "pending_minor",
)  # fmt: skip


def _read(row: Row | None) -> Subscription | None:
    if row is None:
        return None
    values = list(row)
    values[_UNIT] = Unit(values[_UNIT])
    return Subscription(*values)


async def store_subscription(connection: Connection, subscription: Subscription) -> Subscription:
    """Insert a subscription; return what stands under its merchant's reference, which may be an earlier one."""
    marks = ", ".join(["%s"] * len(_NAMES))
    await connection.execute(
        f"INSERT INTO pay.subscriptions ({_COLUMNS}) VALUES ({marks}) ON CONFLICT DO NOTHING", astuple(subscription)
    )
    row = await connection.fetch(
        f"{_FIND} merchant_id = %s AND reference = %s", (subscription.merchant_id, subscription.reference)
    )
    found = _read(row)
    assert found is not None
    return found


async def find_subscription(
    connection: Connection, subscription_id: str, merchant_id: str, *, lock: bool = False
) -> Subscription | None:
    """A merchant's subscription; with ``lock``, inside a transaction, nobody else bills or changes it meanwhile."""
    cursor = await connection.execute(
        f"{_FIND} subscription_id = %s AND merchant_id = %s{' FOR UPDATE' if lock else ''}",
        (subscription_id, merchant_id),
    )
    return _read(await cursor.fetchone())


async def lock_due(connection: Connection, now_us: int) -> Subscription | None:
    """The subscription whose next period began longest ago, locked; None where no period is due."""
    cursor = await connection.execute(
        f"{_FIND} next_start_us <= %s AND next_start_us < coalesce(ends_at_us, 9223372036854775807)"
        " ORDER BY next_start_us LIMIT 1 FOR UPDATE SKIP LOCKED",
        (now_us,),
        prepare=True,
    )
    return _read(await cursor.fetchone())


async def save(connection: Connection, subscription: Subscription) -> None:
    """Write down what may change of a subscription that is locked."""
    settings = ", ".join(f"{name} = %s" for name in _MUTABLE)
    values = [getattr(subscription, name) for name in _MUTABLE]
    await connection.execute(
        f"UPDATE pay.subscriptions SET {settings} WHERE subscription_id = %s", [*values, subscription.subscription_id]
    )


async def note(connection: Connection, subscription_id: str, change: Change) -> None:
    """Write down what happened."""
    await connection.execute(
        "INSERT INTO pay.subscription_changes (subscription_id, kind, at_us, from_minor, to_minor, prorated_minor)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (subscription_id, *astuple(change)),
    )


async def pauses_of(connection: Connection, subscription_id: str) -> list[Pause]:
    """Every pause of a subscription, oldest first."""
    cursor = await connection.execute("SELECT from_us, until_us FROM pay.pauses_of(%s)", (subscription_id,))
    return [Pause(*row) for row in await cursor.fetchall()]


async def end(connection: Connection, subscription_id: str, at_us: int, reason: str) -> None:
    """End a subscription that has no end yet: no period that begins from then on is billed.

    What another biller, whose clock is a little ahead, has invoiced already stays.
    """
    cursor = await connection.execute(f"{_FIND} subscription_id = %s FOR UPDATE", (subscription_id,))
    found = _read(await cursor.fetchone())
    (latest_us,) = await connection.fetch(
        "SELECT coalesce(max(starts_at_us), 0) FROM pay.invoices WHERE subscription_id = %s", (subscription_id,)
    )
    at_us = max(at_us, latest_us + 1)
    if found is None or (found.ends_at_us is not None and found.ends_at_us <= at_us):
        return
    await save(connection, replace(found, ends_at_us=at_us, end_reason=reason))
    await note(connection, subscription_id, Change(ChangeKind.ENDED, at_us))
