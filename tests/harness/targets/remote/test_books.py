"""The books as an adapter gives them: what is written, what is empty, and what is said not to be given."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.adapter import Charge, Record, Tells, Word
from harness.core.errors import ControlError
from harness.core.tables import DATABASE_TABLES
from harness.targets.remote.books import not_given, save
from tests.harness.targets.remote.fake import Bookkeeping, Listing

PAID = Charge("ch_1", "order-1", 1999, "eur", 1_000, key="k1")
TWICE = Charge("ch_2", "order-1", 1999, "EUR", 2_000, refunded_minor=500)
DECLINED = Charge("ch_3", "order-2", 500, "EUR", 3_000, status="declined")
RECORD = Record("7", "order-1", Word.PAID, 1999, "EUR", key="c1", charge_id="ch_1")


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return listed


def test_what_is_not_given_follows_from_what_the_adapter_has() -> None:
    least, most = not_given(Listing()), not_given(Bookkeeping(tells=frozenset(Tells)))
    assert {"payments", "operations", "states", "attempts", "gateway_calls", "replay_marks", "versions"} <= {*least}
    assert set(least) - set(most) == {
        "payments",
        "operations",
        "states",
        "attempts",
        "replay_marks",
        "versions",
        "busy_answers",
    }
    assert "second_merchant" in most
    assert not {"gateway_charges", "gateway_movements"} & {*least}


def test_without_books_nobody_can_own_a_charge() -> None:
    assert "attempts" in not_given(Listing(tells=frozenset({Tells.CHARGES})))


def test_charges_become_the_gateways_ledger_with_their_movements(tmp_path: Path) -> None:
    save(tmp_path, Listing(), [PAID, TWICE, DECLINED], None)
    charges = {str(row["charge_id"]): row for row in rows(tmp_path, "gateway_charges")}
    assert {name: row["executed"] for name, row in charges.items()} == {"ch_1": True, "ch_2": True, "ch_3": False}
    assert (charges["ch_1"]["currency"], charges["ch_1"]["gateway_key"]) == ("EUR", "k1")
    moved = [(row["charge_id"], row["kind"], row["amount_minor"]) for row in rows(tmp_path, "gateway_movements")]
    assert moved == [("ch_1", "capture", 1999), ("ch_2", "capture", 1999), ("ch_2", "refund", 500)]


def test_a_charge_that_the_books_name_has_an_owner_and_another_has_none(tmp_path: Path) -> None:
    save(tmp_path, Bookkeeping(tells=frozenset({Tells.CHARGES})), [PAID, TWICE], [RECORD])
    owners = {row["charge_id"]: row["operation_id"] for row in rows(tmp_path, "gateway_charges")}
    assert owners == {"ch_1": "7", "ch_2": ""}
    assert [(row["attempt_id"], row["state"]) for row in rows(tmp_path, "attempts")] == [("ch_1", "succeeded")]


def test_records_become_payments_and_operations(tmp_path: Path) -> None:
    failed = Record("8", "order-2", Word.FAILED, 500, "EUR", key="c2")
    pending = Record("9", "order-3", Word.PENDING, 700, "EUR")
    save(tmp_path, Bookkeeping(), [], [RECORD, failed, pending])
    assert [(row["status"], row["captured_minor"]) for row in rows(tmp_path, "payments")] == [
        ("captured", 1999),
        ("failed", 0),
        ("processing", 0),
    ]
    assert [row["state"] for row in rows(tmp_path, "operations")] == ["succeeded", "failed", "unknown"]
    assert rows(tmp_path, "attempts") == []
    assert json.loads((tmp_path / "states.json").read_text())["terminal"] == ["captured", "failed"]


def test_every_other_table_is_there_and_empty(tmp_path: Path) -> None:
    save(tmp_path, Listing(), [PAID], None)
    assert {table: len(rows(tmp_path, table)) for table in DATABASE_TABLES} == dict.fromkeys(DATABASE_TABLES, 0)


def test_a_value_of_another_type_is_named(tmp_path: Path) -> None:
    odd = Charge("ch_1", "order-1", "19.99", "EUR", 1_000)  # type: ignore[arg-type]
    with pytest.raises(ControlError, match="a row of gateway_charges has a value of another type"):
        save(tmp_path, Listing(), [odd], None)
