"""The books of a system that is not ours, as far as its adapter gives them; and the names of what it does not give."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.adapter import Adapter, Charge, Record, Tells, Word, gives
from harness.core.column_types import schema
from harness.core.errors import ControlError
from harness.core.evidence import BUSY_ANSWERS, REPLAY_MARKS, SECOND_MERCHANT, VERSIONS
from harness.core.plain import Row
from harness.core.tables import DATABASE_TABLES, GATEWAY_CURRENCIES, GATEWAY_TABLES, SINK_EVENTS
from harness.targets.remote.words import STATES, STATUS

_IN_HISTORY = (REPLAY_MARKS, VERSIONS, BUSY_ANSWERS, SECOND_MERCHANT)
_OPERATION = {Word.PAID: "succeeded", Word.FAILED: "failed", Word.PENDING: "unknown"}
_ATTEMPT = {Word.PAID: "succeeded", Word.FAILED: "declined", Word.PENDING: "unknown"}


def not_given(adapter: Adapter) -> tuple[str, ...]:
    """Return the names of the evidence that this adapter does not give, as `plan.json` lists them."""
    given = {"payments", "operations", "states"} if gives(adapter, "payments") else set()
    if Tells.CHARGES in adapter.tells and given:
        given.add("attempts")
    given |= {REPLAY_MARKS} if Tells.REPLAYS in adapter.tells else set()
    given |= {VERSIONS} if Tells.VERSIONS in adapter.tells else set()
    given |= {BUSY_ANSWERS} if Tells.BUSY in adapter.tells else set()
    given |= {SECOND_MERCHANT} if len(adapter.merchants) > 1 else set()
    of_simulators = {
        "gateway_calls",
        "gateway_currencies",
        "gateway_deliveries",
        "gateway_disputes",
        "gateway_fault_hits",
        "sink_events",
    }
    seen_meanwhile = {"ledger_seen", "log_positions", "commits", "alerts", "scrapes"}
    every = {*DATABASE_TABLES, *of_simulators, *seen_meanwhile, "states", *_IN_HISTORY}
    return tuple(sorted(every - given))


OF_CHARGES = ("gateway_charges", "gateway_movements")
OF_PAYMENTS = ("payments", "operations", "attempts")
"""The tables that `charges()` and `payments()` fill."""


def save(folder: Path, adapter: Adapter, charges: Sequence[Charge] | None, records: Sequence[Record] | None) -> None:
    """Write every table of the books: the gateway's and the system's as they were given, all others empty.

    What the adapter gives but could not be had (None) is not written at all: an empty table would be a statement.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lost = unread(charges, records, adapter)
    charges, records = charges or (), records or ()
    # Only the books tell which attempt of ours a charge belongs to; without them nobody does.
    owners = {record.charge_id: record.payment_id for record in records if record.charge_id}
    rows: dict[str, Iterable[Row]] = {
        "payments": map(_payment, records),
        "operations": map(_operation, records),
        "attempts": [_attempt(item) for item in records if item.charge_id] if Tells.CHARGES in adapter.tells else (),
        "gateway_charges": [_charge(item, owners) for item in charges],
        "gateway_movements": [row for item in charges for row in _movements(item, owners)],
    }
    gateways = {f"gateway_{name}": columns for name, columns in GATEWAY_TABLES.items()}
    for table, columns in {
        **DATABASE_TABLES,
        **gateways,
        "sink_events": SINK_EVENTS,
        "gateway_currencies": GATEWAY_CURRENCIES,
    }.items():
        if table not in lost:
            _write(folder / f"{table}.parquet", columns, list(rows.get(table, ())))
    (folder / "states.json").write_text(json.dumps(STATES, indent=1))


def unread(charges: object, records: object, adapter: Adapter) -> dict[str, str]:
    """Return the tables that the adapter gives and that could not be had (None), each with the method that fills it."""
    lost = dict.fromkeys(OF_CHARGES if charges is None else (), "charges()")
    return lost | dict.fromkeys(OF_PAYMENTS if records is None and gives(adapter, "payments") else (), "payments()")


def _payment(record: Record) -> Row:
    taken_minor = record.amount_minor if record.word is Word.PAID else 0
    return {
        "payment_id": record.payment_id,
        "merchant_id": record.merchant,
        "reference": record.reference,
        "amount_minor": record.amount_minor,
        "currency": record.currency.upper(),
        "capture_mode": "automatic",
        "status": STATUS.get(record.word, "processing"),
        "authorized_minor": taken_minor,
        "captured_minor": taken_minor,
        "refunded_minor": 0,
        "gateway": record.gateway,
    }


def _operation(record: Record) -> Row:
    return {
        "operation_id": record.payment_id,
        "kind": "sale",
        "payment_id": record.payment_id,
        "merchant_id": record.merchant,
        "reference": record.reference,
        "idempotency_key": record.key,
        "amount_minor": record.amount_minor,
        "currency": record.currency.upper(),
        "state": _OPERATION.get(record.word, "unknown"),
    }


def _attempt(record: Record) -> Row:
    """The one attempt that the books name: whatever else is at the gateway belongs to none."""
    return {
        "attempt_id": record.charge_id,
        "operation_id": record.payment_id,
        "payment_id": record.payment_id,
        "gateway": record.gateway,
        "seq": 1,
        "state": _ATTEMPT.get(record.word, "unknown"),
        "gateway_ref": record.charge_id,
        "amount_minor": record.amount_minor,
        "currency": record.currency.upper(),
    }


def _ids(charge: Charge, owners: Mapping[str, str]) -> Row:
    payment_id = charge.payment_id or owners.get(charge.charge_id, "")
    return {
        "gateway": charge.gateway,
        "charge_id": charge.charge_id,
        "operation_id": payment_id,
        "attempt_id": charge.charge_id,
        "payment_id": payment_id,
        "merchant_id": charge.merchant,
        "reference": charge.reference,
        "gateway_key": charge.key,
        "currency": charge.currency.upper(),
    }


def _charge(charge: Charge, owners: Mapping[str, str]) -> Row:
    executed = charge.status != "declined"
    return {
        **_ids(charge, owners),
        "amount_minor": charge.amount_minor,
        "gateway_amount": charge.amount_minor,
        "status": charge.status,
        "authorized_minor": charge.amount_minor if executed else 0,
        "captured_minor": charge.amount_minor if charge.status == "captured" else 0,
        "refunded_minor": charge.refunded_minor,
        "executed": executed,
        "created_at_us": charge.created_at_us,
    }


def _movements(charge: Charge, owners: Mapping[str, str]) -> list[Row]:
    """Return what must have happened for the charge to be as it is."""
    first = {"captured": "capture", "authorized": "authorize", "voided": "authorize"}.get(charge.status)
    kinds = [(first, charge.amount_minor)] if first else []
    kinds += [("void", charge.amount_minor)] if charge.status == "voided" else []
    kinds += [("refund", charge.refunded_minor)] if charge.refunded_minor else []
    common = {**_ids(charge, owners), "at_us": charge.created_at_us}
    return [
        {
            **common,
            "movement_id": f"{charge.charge_id}-{kind}",
            "kind": kind,
            "amount_minor": amount_minor,
            "gateway_amount": amount_minor,
        }
        for kind, amount_minor in kinds
    ]


def _write(path: Path, columns: str, rows: list[Row]) -> None:
    try:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(columns)), path)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ControlError(f"the adapter: a row of {path.stem} has a value of another type: {error}") from error
