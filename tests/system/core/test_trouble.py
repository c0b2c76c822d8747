"""Trouble with the database in the middle of payments: nothing acknowledged is lost, nothing is charged twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from system.core.current import current_answer
from system.core.failures import Refused
from system.seams import Patience
from system.store.connection import CommitIndeterminate, Connection
from system.store.record import Record, Recorded
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, eventually, open_shop
from tests.system.standby import cancelling, standby_that_never_answers

pytestmark = pytest.mark.real


async def kill_backends(database: TestDatabase, times: int) -> None:
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        for _ in range(times):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'api1'"
            )
            await asyncio.sleep(0.15)


async def test_killed_connections_lose_no_acknowledged_payment_and_charge_none_twice(
    shop: Shop, database: TestDatabase
) -> None:
    shop.gateways["stripe"].delay_s = 0.02

    async def insist(key: str) -> tuple[int, dict[str, Any]]:
        seen: list[tuple[int, str]] = []
        for _ in range(100):
            status, body, _, _ = await shop.create(key)
            if status in (201, 202, 402) or "payment" in body["error"]:
                return status, body
            seen.append((status, body["error"]["code"]))
            await asyncio.sleep(0.2)
        raise AssertionError(seen)

    answers, _ = await asyncio.gather(
        asyncio.gather(*(insist(f"k{number}") for number in range(60))), kill_backends(database, 6)
    )
    charged = Counter(request.reference for request in shop.gateways["stripe"].executed.values())
    assert set(charged.values()) == {1}
    for status, payment in answers:
        if status == 201:
            assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]["status"] == "captured"
    with database.connect() as connection:
        operations = connection.execute("SELECT count(*) FROM books.operations").fetchone()
        assert operations == (60,)


@contextmanager
def recording(shop: Shop, failures: list[Exception], *, before: bool) -> Iterator[None]:
    """T3 that raises each of ``failures`` once: before anything happened, or after it was committed."""
    sound = shop.platform.seams.record

    async def troubled(connection: Connection, command: Record) -> Recorded:
        if failures and before:
            raise failures.pop(0)
        recorded = await sound(connection, command)
        if failures:
            raise failures.pop(0)
        return recorded

    object.__setattr__(shop.platform.seams, "record", troubled)
    yield
    object.__setattr__(shop.platform.seams, "record", sound)


@pytest.mark.parametrize("before", [True, False])
async def test_an_error_from_commit_is_read_back_not_guessed(shop: Shop, database: TestDatabase, before: bool) -> None:
    failures: list[Exception] = [psycopg.OperationalError("connection lost"), CommitIndeterminate()]
    with recording(shop, failures, before=before):
        status, payment, raw, _ = await shop.create("k1")
    assert (status, payment["status"]) == (201, "captured")
    assert (await shop.create("k1"))[2] == raw
    assert len(shop.gateways["stripe"].calls) == 1
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.postings").fetchone() == (2,)


async def test_an_outcome_that_cannot_be_recorded_is_not_called_a_failure(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("system.core.execution.RECORD_PAUSE_S", 0.01)
    with recording(shop, [psycopg.OperationalError("gone")] * 6, before=True):
        status, body, _, _ = await shop.create("k1")
    assert (status, body["error"]["code"], body["error"]["definite"]) == (503, "outcome_not_recorded", False)
    assert (await shop.create("k1"))[0] == 409
    with database.connect() as connection:
        assert connection.execute("SELECT state FROM books.attempts").fetchall() == [("dispatched",)]


async def test_the_warning_of_a_cancelled_replication_wait_makes_a_commit_indeterminate(shop: Shop) -> None:
    async with shop.platform.database.connection() as connection:
        with pytest.raises(CommitIndeterminate):
            await connection.fetch(
                "SELECT x FROM (SELECT 1) AS t(x), LATERAL (SELECT pg_temp.warn()) w"
                if await _make_warning(connection)
                else ""
            )


async def _make_warning(connection: Connection) -> bool:
    await connection.execute(
        "CREATE FUNCTION pg_temp.warn() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE WARNING 'canceling wait for synchronous replication due to user request'; END $$"
    )
    return True


async def test_what_a_failover_could_take_back_is_neither_replayed_nor_shown(
    shop: Shop, database: TestDatabase
) -> None:
    status, payment, raw, _ = await shop.create("k1")
    assert status == 201
    async with standby_that_never_answers(database):
        for again in (shop.create("k1"), shop.request("GET", f"/v1/payments/{payment['id']}")):
            asked = asyncio.create_task(again)
            await cancelling(database, "api1", asked)
            status, body = asked.result()[:2]
            assert (status, body["error"]["code"]) == (503, "database_unavailable")
    assert (await shop.create("k1"))[2] == raw


async def test_a_commit_that_never_reached_the_standby_is_no_dispatch_and_no_answer(
    shop: Shop, database: TestDatabase
) -> None:
    async with standby_that_never_answers(database):
        asked = asyncio.create_task(shop.create("k1"))
        await cancelling(database, "api1", asked)
        status, body = asked.result()[:2]
    assert (status, body["error"]["definite"]) == (503, False)
    assert shop.gateways["stripe"].calls == []


async def test_who_waits_too_long_is_told_to_ask_again_and_finds_the_payment_made(shop: Shop) -> None:
    patient, stripe = shop.platform.seams, shop.gateways["stripe"]
    shop.platform.seams = replace(patient, patience=Patience(answer_s=0.2))
    stripe.passing.clear()
    status, body, _, headers = await shop.create("k1")
    shop.platform.seams = patient
    assert (status, body["error"]["code"], body["error"]["definite"]) == (503, "still_in_progress", False)
    assert headers["retry-after"] == "1"
    await eventually(lambda: len(stripe.calls) == 1)
    assert (await shop.create("k1"))[0] == 409
    stripe.passing.set()
    async with asyncio.timeout(20):
        while (await shop.create("k1"))[0] != 201:
            await asyncio.sleep(0.1)
    assert len(stripe.calls) == 1


@pytest.mark.parametrize(("bug", "told"), [("", 503), ("B61", 201)])
async def test_a_retry_and_a_read_wait_for_a_standby_as_the_first_answer_did(
    database: TestDatabase, bug: str, told: int
) -> None:
    """What is told once more is acknowledged once more, even where nothing has to be written for it."""
    async with open_shop(database.environment, bug=bug) as shop:
        payment = (await shop.create("k1"))[1]
        shop.platform.seams = replace(shop.platform.seams, patience=Patience(answer_s=1.0))
        async with standby_that_never_answers(database):
            began = asyncio.get_running_loop().time()
            replayed = await shop.create("k1")
            read = await shop.request("GET", f"/v1/payments/{payment['id']}")
            assert asyncio.get_running_loop().time() - began < 10
        assert bool(shop.platform.planted.reached) == bool(bug)
    assert replayed[0] == told
    assert read[0] == (200 if bug else 503)
    if not bug:
        assert replayed[1]["error"]["definite"] is False
        assert read[1]["error"]["definite"] is True


async def test_a_number_that_a_failover_gave_to_another_key_does_not_answer_for_it(
    shop: Shop, database: TestDatabase
) -> None:
    """The first key is gone with the old primary; its number now belongs to another merchant's."""
    status, _, foreign, _ = await shop.create("k1", merchant="m_delta", currency="USD")
    assert status == 201
    with database.connect() as connection:
        row = connection.execute("SELECT key_id FROM pay.idempotency_keys").fetchone()
    assert row is not None
    with pytest.raises(Refused) as refused:
        await current_answer(shop.platform, "op_lost", row[0], "own_lost")
    assert (refused.value.code, refused.value.definite) == ("operation_unknown", False)
    assert foreign
