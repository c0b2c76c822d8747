"""What the database itself refuses, and that the migration is what the metadata says."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from system import setup
from system.clock import now_us
from system.ids import new_id
from system.schema import metadata
from system.states import EDGES
from system.store.record import Record, begin_reversal, dispatch, record
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import TIMEOUT, Shop

pytestmark = pytest.mark.real


def post_across_currencies(connection: psycopg.Connection) -> None:
    with connection.transaction():
        connection.execute(
            "WITH j AS (INSERT INTO pay.journals (cause, payment_id, operation_id, attempt_id, created_at_us)"
            " VALUES ('x', 'p', 'o', 'a', 1) RETURNING journal_id)"
            " INSERT INTO pay.postings (journal_id, account, currency, amount_minor)"
            " SELECT journal_id, 'a', currency, amount FROM j, (VALUES ('EUR', 5), ('USD', -5)) v(currency, amount)"
        )


def test_a_journal_that_does_not_sum_to_zero_is_refused_at_commit(database: TestDatabase) -> None:
    with database.connect() as connection:
        with pytest.raises(psycopg.errors.CheckViolation, match="does not sum to zero"):
            post_across_currencies(connection)
        assert connection.execute("SELECT count(*) FROM books.postings").fetchone() == (0,)


async def test_the_ledger_is_append_only(shop: Shop, database: TestDatabase) -> None:
    await shop.create("k1")
    with database.connect() as connection:
        for statement in (
            "UPDATE pay.postings SET amount_minor = 1",
            "DELETE FROM pay.postings",
            "DELETE FROM pay.journals",
            "UPDATE pay.status_history SET to_status = 'refunded'",
            "DELETE FROM pay.attempt_transitions",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                connection.execute(statement)


async def test_one_money_event_has_one_journal(shop: Shop, database: TestDatabase) -> None:
    await shop.create("k1")
    with database.connect() as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "SELECT pay.post(cause, 'a', 'b', 'EUR', 5, payment_id, operation_id, attempt_id, 1) FROM pay.journals"
        )


def test_the_migration_is_what_the_metadata_says(database: TestDatabase) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database.conninfo))
    with engine.connect() as connection:
        options = {"include_schemas": True, "include_name": lambda name, kind, _: kind != "schema" or name == "pay"}
        context = MigrationContext.configure(connection, opts={**options, "version_table_schema": "pay"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_setup_may_run_again(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    assert setup.main([]) == 0
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pay.merchants").fetchone() == (4,)
        assert connection.execute("SELECT count(*) FROM pay.breakers").fetchone() == (4,)


async def test_an_unknown_is_resolved_by_evidence_and_booked_once(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    _, payment, _, _ = await shop.create("k1")
    with database.connect() as connection:
        row = connection.execute("SELECT attempt_id FROM books.attempts").fetchone()
    assert row is not None
    async with shop.platform.database.connection() as connection_:
        outcomes = [
            (await record(connection_, Record(row[0], state, "lookup", now_us(), gateway_ref="pi_1"))).outcome
            for state in ("unknown", "succeeded", "succeeded", "declined")
        ]
        assert outcomes == ["recorded", "recorded", "already", "stale"]
        missing = await record(connection_, Record("att_none", "succeeded", "lookup", now_us()))
        assert missing.outcome == "missing"
    seen = (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]
    assert (seen["status"], seen["gateway"], seen["version"]) == ("captured", "stripe", 3)
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.postings").fetchone() == (2,)


async def test_a_late_success_is_reversed_once_and_booked_both_ways(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    _, payment, _, _ = await shop.create("k1")
    with database.connect() as connection:
        row = connection.execute("SELECT attempt_id FROM books.attempts").fetchone()
    assert row is not None
    undo = new_id("att_")
    async with shop.platform.database.connection() as connection_:
        await record(connection_, Record(row[0], "not_executed", "lookup", now_us(), code="absent"))
        late = await record(connection_, Record(row[0], "succeeded", "webhook", now_us(), gateway_ref="pi_1"))
        assert late.outcome == "late_success"
        begun = [
            await begin_reversal(
                connection_,
                reverses_attempt_id=row[0],
                operation_id=new_id("op_"),
                attempt_id=attempt_id,
                gateway_key=attempt_id,
                call_kind="refund",
                gateway_ref="pi_1",
                evidence="webhook",
                now_us=now_us(),
            )
            for attempt_id in (undo, new_id("att_"))
        ]
        assert begun == [True, False]
        assert await dispatch(connection_, undo, now_us(), 0)
        done = await record(connection_, Record(undo, "succeeded", "reply", now_us()))
        assert done.outcome == "recorded"
    with database.connect() as connection:
        states = connection.execute("SELECT state FROM books.attempts ORDER BY prepared_at_us").fetchall()
        assert states == [("reversed",), ("succeeded",)]
        assert connection.execute("SELECT sum(amount_minor), count(*) FROM books.postings").fetchone() == (0, 4)
        assert connection.execute("SELECT status FROM books.payments").fetchall() == [("failed",)]
        assert [r[0] for r in connection.execute("SELECT action FROM books.audit").fetchall()] == [
            "late_success",
            "reverse_late_success",
        ]
    assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]["status"] == "failed"


async def test_every_recorded_status_change_is_a_published_edge(shop: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await shop.create("k1")
    for number in range(3):
        await shop.refund(payment["id"], f"r{number}", amount_minor=100)
    _, held, _, _ = await shop.create("k2", capture="manual")
    await shop.request("POST", f"/v1/payments/{held['id']}/void", key="v", body={"merchant_reference": "v"})
    with database.connect() as connection:
        moves = connection.execute("SELECT from_status, to_status FROM books.status_history").fetchall()
    assert {move for move in moves if move[0]} <= set(EDGES)
    assert ("partially_refunded", "partially_refunded") in moves
