"""What each period of each subscription should have come to, by the published rules, and what it came to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.core.evidence import Evidence
from harness.invariants._facts import charges
from harness.invariants._periods import begins_us, trial_ends_us

LATE_US = 5_000_000
"""How long after a period began its invoice may still be on its way when the books were read."""
_FAR = 2**63 - 1
_MOST_PERIODS = 5000


class Fact(dict[str, Any]):
    """A row of one of these tables."""


class Charge(NamedTuple):
    """A charge at a gateway that was not given back, for one period."""

    gateway: str
    charge_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Told:
    """One subscription as the books tell it, with its changes and invoices, and the gateways' charges by period."""

    row: Fact
    changes: Sequence[Fact]
    invoices: Sequence[Fact]
    tries: Sequence[Fact]
    charges: Mapping[int, Sequence[Charge]]

    @property
    def name(self) -> str:
        """The subscription's id."""
        return str(self.row["subscription_id"])

    def begins_us(self, period: int) -> int:
        """When a period begins, recomputed from the start, the trial and the rule."""
        row = self.row
        start_us = trial_ends_us(row["started_at_us"], row["zone"], row["trial_days"])
        return begins_us(start_us, row["zone"], row["unit"], row["unit_count"], period)

    @property
    def ends_us(self) -> int:
        """When it ends, far ahead where it does not."""
        ends_at_us: int | None = self.row["ends_at_us"]
        return _FAR if ends_at_us is None else ends_at_us

    def paused_at(self, at_us: int) -> bool:
        """Tell whether it was paused at a moment."""
        kinds = [change["kind"] for change in self.changes if change["at_us"] <= at_us]
        return [kind for kind in kinds if kind in ("paused", "resumed")][-1:] == ["paused"]

    def due_periods(self) -> list[int]:
        """Return the periods that have begun, as the application's time was when the books were read."""
        found = []
        for period in range(_MOST_PERIODS):
            at_us = self.begins_us(period)
            if at_us >= self.ends_us or at_us > self.row["read_at_us"]:
                break
            found.append(period)
        return found


@dataclass
class Bill:
    """What a subscription owes, walked period by period: the price in force, and what changes of plan added."""

    told: Told
    pending_minor: int = 0
    _changes: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the price that it began with."""
        self._changes = [change for change in self.told.changes if change["kind"] == "plan_changed"]
        first = self._changes[0]["from_minor"] if self._changes else self.told.row["price_minor"]
        self.price_minor = int(first)
        self._billed: tuple[int, int] | None = None
        """When the present period began and ends, where it was billed."""

    def amount_of(self, period: int) -> int:
        """Return what a period costs, 0 for a skipped one; periods are asked for in their order."""
        begins_us = self.told.begins_us(period)
        while self._changes and self._changes[0]["at_us"] <= begins_us:
            self._take(self._changes.pop(0))
        if self.told.paused_at(begins_us):
            self._billed = None
            return 0
        self._billed = (begins_us, self.told.begins_us(period + 1))
        total_minor = self.price_minor + self.pending_minor
        self.pending_minor = min(0, total_minor)
        return max(0, total_minor)

    def pending_now(self) -> int:
        """Return what is pending after the last period that was asked for, and after every change."""
        while self._changes:
            self._take(self._changes.pop(0))
        return self.pending_minor

    def _take(self, change: Fact) -> None:
        to_minor = int(change["to_minor"])
        if self._billed is not None:
            self.pending_minor += prorated(to_minor - self.price_minor, *self._billed, int(change["at_us"]))
        self.price_minor = to_minor


def prorated(difference_minor: int, begins_us: int, ends_us: int, at_us: int) -> int:
    """Return a difference of price for the rest of a period, rounded once, halves away from zero."""
    whole_us = ends_us - begins_us
    size = (2 * abs(difference_minor) * (ends_us - at_us) + whole_us) // (2 * whole_us)
    return size if difference_minor >= 0 else -size


def subscriptions(evidence: Evidence) -> list[Told]:
    """Return every subscription of the run."""
    by_name = {
        table: _by_subscription(evidence, table, order)
        for table, order in (("subscription_changes", "change_id"), ("invoices", "period"), ("invoice_tries", "number"))
    }
    charged = charged_periods(evidence)
    return [
        Told(
            Fact(row),
            by_name["subscription_changes"][row["subscription_id"]],
            by_name["invoices"][row["subscription_id"]],
            by_name["invoice_tries"][row["subscription_id"]],
            charged.get(row["subscription_id"], {}),
        )
        for row in evidence.rows("SELECT * FROM subscriptions ORDER BY subscription_id")
    ]


def _by_subscription(evidence: Evidence, table: str, order: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for row in evidence.rows(f"SELECT * FROM {table} ORDER BY subscription_id, {order}"):
        found[row["subscription_id"]].append(Fact(row))
    return found


def charged_periods(evidence: Evidence) -> dict[str, dict[int, list[Charge]]]:
    """Return the gateways' charges that still stand, by the subscription and the period that their references name."""
    rows = evidence.rows(
        f"""
        SELECT split_part(reference, '/', 1) AS name, try_cast(split_part(reference, '/', 2) AS INTEGER) AS period,
            gateway, charge_id, amount_minor, currency
        FROM {charges(evidence)} WHERE kept AND reference LIKE 'sub\\_%/%' ESCAPE '\\' ORDER BY created_at_us
        """
    )
    found: dict[str, dict[int, list[Charge]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        charge = Charge(row["gateway"], row["charge_id"], row["amount_minor"], row["currency"])
        found[row["name"]][-1 if row["period"] is None else row["period"]].append(charge)
    return found
