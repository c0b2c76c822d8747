"""Everything one gateway knows, in memory, rebuilt from the journal at start."""

from collections import defaultdict
from dataclasses import dataclass, field

import msgspec

from system.gateways.common.journal import Journal
from system.gateways.common.records import (
    Answered,
    Armed,
    Call,
    Charge,
    Disarmed,
    Dispute,
    Forget,
    Heard,
    Hit,
    Movement,
    Notice,
    Put,
    Record,
    Reply,
    Sending,
    Settled,
)
from system.gateways.common.rows import Row
from system.gateways.common.tables import Table


@dataclass
class State:
    """The fold of the journal."""

    charges: dict[str, Charge] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    replies: dict[tuple[str, str], Reply] = field(default_factory=dict)
    tables: defaultdict[str, Table] = field(default_factory=lambda: defaultdict(Table))
    armed: dict[str, Armed] = field(default_factory=dict)
    hits: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    bites: list[Hit] = field(default_factory=list)
    """Every hit of every fault, also of those that are gone."""
    owed: dict[str, Notice] = field(default_factory=dict)
    deliveries: dict[str, Sending] = field(default_factory=dict)
    arrivals: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def apply(self, record: Record) -> None:
        """Fold one record."""
        match record:
            case Call():
                if record.call_id not in self.calls:
                    self.open(record)
            case Put():
                self.tables[record.table].put(record.id, record.value)
            case Charge():
                self.charges[record.charge_id] = record
            case Movement():
                self.movements.append(record)
            case Dispute():
                self.disputes[record.dispute_id] = record
            case Reply():
                self.replies[record.scope, record.key] = record
            case Notice():
                self.owed[record.event_id] = record
            case Sending():
                self.deliveries[record.delivery_id] = record
            case Heard():
                tried = self.deliveries.get(record.delivery_id)
                if tried is not None:
                    tried.answered_at_us, tried.http_status = record.answered_at_us, record.http_status
            case Settled():
                self.owed.pop(record.event_id, None)
            case Answered():
                self._close(record)
            case Forget():
                self.replies.pop((record.scope, record.key), None)
            case Armed():
                self.armed[record.id] = record
            case Disarmed():
                self.armed.pop(record.id, None)
                self.hits.pop(record.id, None)
            case Hit():
                self.hits[record.id] += 1
                self.bites.append(record)

    def open(self, call: Call) -> int:
        """Take in a call as it arrives; return which arrival of its key it is, from 1."""
        self.calls[call.call_id] = call
        self.arrivals[call.gateway_key] += 1
        return self.arrivals[call.gateway_key]

    def _close(self, end: Answered) -> None:
        call = self.calls.get(end.call_id)
        if call is not None:
            call.answered_at_us, call.http_status = end.answered_at_us, end.http_status
            call.result, call.fault = end.result, end.fault


class Books:
    """The state and its journal. Whatever is committed is on file before it is visible."""

    def __init__(self, journal: Journal) -> None:
        """Rebuild the state from the journal. Raises `JournalError`, OSError."""
        self._journal = journal
        self.state = State()
        self.epoch = 0
        """Counts resets: work begun before a reset must not be committed after it."""
        for record in journal.replay():
            self.state.apply(record)

    def commit(self, records: list[Record]) -> None:
        """Write all of them, then show all of them. Raises OSError and shows none."""
        self._journal.append(records)
        for record in records:
            self.state.apply(record)

    def note(self, record: Record) -> None:
        """Show it now and write it soon: for what a kill may lose without harm."""
        self.state.apply(record)
        self._journal.append_soon(record)

    def flush(self) -> None:
        """Write what was noted."""
        self._journal.flush()

    def reset(self) -> None:
        """Empty everything: ledger, keys, objects, faults, owed webhooks."""
        self._journal.clear()
        self.state = State()
        self.epoch += 1

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def snapshot(self) -> dict[str, list[Row]]:
        """Return charges, movements, disputes, calls, deliveries and faults' hits as plain rows.

        What was told is on file.
        """
        self.flush()
        return {
            "charges": [msgspec.structs.asdict(row) for row in self.state.charges.values()],
            "movements": [msgspec.structs.asdict(row) for row in self.state.movements],
            "disputes": [msgspec.structs.asdict(row) for row in self.state.disputes.values()],
            "calls": [msgspec.structs.asdict(row) for row in self.state.calls.values()],
            "fault_hits": [
                {"fault_id": hit.id, "kind": hit.kind, "subject": hit.subject, "at_us": hit.at_us}
                for hit in self.state.bites
            ],
            "deliveries": [msgspec.structs.asdict(row) for row in self.state.deliveries.values()],
        }
