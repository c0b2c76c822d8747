"""Planted bugs that replace a transaction: the same requests against the sound and the planted platform."""

import asyncio
from typing import Any

import pytest

from system.gateway import GatewayReply, GatewayRequest
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, RESET, Shop, eventually, open_shop

pytestmark = pytest.mark.real


def count(database: TestDatabase, sql: str) -> int:
    with database.connect() as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


async def stampede(shop: Shop) -> list[tuple[int, Any, bytes, Any]]:
    for gateway in shop.gateways.values():
        gateway.delay_s = 0.05
    return await asyncio.gather(*(shop.create("k1") for _ in range(16)))


@pytest.mark.parametrize("bug", ["", "B02", "B03"])
async def test_sixteen_parallel_requests_under_one_key(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        replies = await stampede(shop)
        reached = shop.platform.planted.reached
        later = {(await shop.create("k1"))[2] for _ in range(2)}
    operations = count(database, "SELECT count(*) FROM books.operations")
    charged = len({payment["id"] for status, payment, _, _ in replies if status == 201})
    assert len(later) == 1
    if bug:
        assert operations == charged > 1
        assert reached == operations - 1 if bug == "B02" else 0 < reached <= operations
    else:
        assert (operations, charged, reached) == (1, 1, 0)


@pytest.mark.parametrize("bug", ["B02", "B03"])
async def test_one_request_after_the_other_hides_the_bug(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        replies = [await shop.create("k1") for _ in range(3)]
        assert [status for status, _, _, _ in replies] == [201] * 3
        assert len({raw for _, _, raw, _ in replies}) == 1
        assert shop.platform.planted.reached == 0
    assert count(database, "SELECT count(*) FROM books.operations") == 1


@pytest.mark.parametrize(("bug", "second"), [("", 201), ("B14", 422)])
async def test_the_same_key_at_two_merchants(database: TestDatabase, bug: str, second: int) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        assert (await shop.create("k1"))[0] == 201
        status, _, _, _ = await shop.create("k1", merchant="m_beta", currency="JPY", amount_minor=500)
        assert status == second
        assert bool(shop.platform.planted.reached) == bool(bug)


@pytest.mark.parametrize("bug", ["", "B17"])
async def test_a_replay_after_a_refund(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        _, payment, first, _ = await shop.create("k1")
        assert (await shop.create("k1"))[2] == first
        assert shop.platform.planted.reached == 0
        assert (await shop.refund(payment["id"], "r1", amount_minor=500))[0] == 201
        _, _, again, headers = await shop.create("k1")
        assert headers["idempotent-replayed"] == "true"
        assert (again == first) == (not bug)
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize("bug", ["", "B19"])
async def test_eight_concurrent_partial_refunds(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        _, payment, _, _ = await shop.create("k1")
        shop.gateways["stripe"].delay_s = 0.1
        replies = await asyncio.gather(*(shop.refund(payment["id"], f"r{n}", amount_minor=1000) for n in range(8)))
        accepted = sum(status == 201 for status, _, _, _ in replies)
        refunds = [call for call in shop.gateways["stripe"].executed.values() if call.kind == "refund"]
        reached = shop.platform.planted.reached
        _, shown, _, _ = await shop.request("GET", f"/v1/payments/{payment['id']}")
    over = sum(call.amount_minor for call in refunds) > 1999
    assert over == bool(bug)
    assert shown["refunded_minor"] <= 1999, "every CHECK of the row holds"
    if bug:
        assert accepted > 1
        assert reached >= 1
    else:
        assert (accepted, reached) == (1, 0)


@pytest.mark.parametrize(("bug", "operations"), [("", 1), ("B96", 2)])
async def test_a_key_that_comes_back_after_eleven_seconds(database: TestDatabase, bug: str, operations: int) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        for _ in range(2):
            assert (await shop.create("k1"))[0] == 201
        assert shop.platform.planted.reached == 0
        with database.connect() as connection:
            connection.execute("UPDATE pay.idempotency_keys SET created_at_us = created_at_us - 11000000")
        assert (await shop.create("k1"))[0] == 201
        assert bool(shop.platform.planted.reached) == bool(bug)
    assert count(database, "SELECT count(*) FROM books.operations") == operations


@pytest.mark.parametrize(("bug", "status"), [("", 201), ("B100", 409)])
async def test_a_key_whose_owner_is_gone(database: TestDatabase, bug: str, status: int) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        assert (await shop.create("k1"))[0] == 201
        assert shop.platform.planted.reached == 0
        with database.connect() as connection:
            connection.execute(
                "UPDATE pay.idempotency_keys SET state = 'in_flight', owner = 'gone', lease_until_us = 0,"
                " status_code = NULL, body = NULL, completed_at_us = NULL"
            )
        assert (await shop.create("k1"))[0] == status
        assert bool(shop.platform.planted.reached) == bool(bug)


@pytest.mark.parametrize(("bug", "status"), [("", 402), ("B101", 409)])
async def test_a_declined_payment_asked_about_again(database: TestDatabase, bug: str, status: int) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        assert [(await shop.create("k1"))[0] for _ in range(2)] == [201, 201]
        shop.gateways["stripe"].script = lambda request: DECLINED
        assert (await shop.create("k2"))[0] == 402
        assert shop.platform.planted.reached == 0
        assert (await shop.create("k2"))[0] == status
        assert bool(shop.platform.planted.reached) == bool(bug)


PAYABLES = "SELECT account, sum(amount_minor)::bigint FROM books.postings WHERE account LIKE 'merchant:%' GROUP BY 1"


@pytest.mark.parametrize(
    ("bug", "payables", "reached"),
    [
        ("", {"merchant:m_alpha:payable": -1999, "merchant:m_beta:payable": -300}, 0),
        ("B86", {"merchant:m_alpha:payable": -2499, "merchant:m_beta:payable": 200}, 1),
        ("B87", {"merchant:m_alpha:payable": -1999, "merchant:m_beta:payable": -500}, 1),
    ],
)
async def test_whose_account_a_capture_and_a_refund_are_booked_to(
    database: TestDatabase, bug: str, payables: dict[str, int], reached: int
) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        assert (await shop.create("k1"))[0] == 201
        status, payment, _, _ = await shop.create("k2", merchant="m_beta", currency="JPY", amount_minor=500)
        assert (status, payment["merchant_id"]) == (201, "m_beta")
        body = {"merchant_reference": "refund-1", "amount_minor": 200}
        path = f"/v1/payments/{payment['id']}/refunds"
        assert (await shop.request("POST", path, merchant="m_beta", key="r1", body=body))[0] == 201
        assert shop.platform.planted.reached == reached
    with database.connect() as connection:
        booked = dict(connection.execute(PAYABLES).fetchall())
    assert {account: booked.get(account) for account in payables} == payables


IDLE = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state = 'idle in transaction'"


@pytest.mark.parametrize(("bug", "idle", "lent"), [("", 0, 0), ("B102", 1, 1), ("B104", 0, 1)])
async def test_what_is_held_while_a_gateway_is_waited_for(
    database: TestDatabase, bug: str, idle: int, lent: int
) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        stripe, pool = shop.gateways["stripe"], shop.platform.database
        stripe.passing.clear()
        paying = asyncio.create_task(shop.create("k1"))
        await eventually(lambda: bool(stripe.calls))
        await eventually(lambda: pool.stats()["pool_size"] - pool.stats()["pool_available"] == lent)
        with database.connect() as connection:
            row = connection.execute(IDLE, (shop.platform.settings.name,)).fetchone()
        stripe.passing.set()
        assert (await paying)[0] == 201
        assert row == (idle,)
        assert bool(shop.platform.planted.reached) == bool(bug)


@pytest.mark.parametrize(("bug", "idle"), [("", 0), ("B103", 1)])
async def test_what_is_held_while_a_call_is_sent_again(database: TestDatabase, bug: str, idle: int) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        stripe = shop.gateways["stripe"]

        def reset_once(request: GatewayRequest) -> GatewayReply | None:
            if len(stripe.calls) > 1:
                return None
            stripe.passing.clear()
            return RESET

        stripe.script = reset_once
        paying = asyncio.create_task(shop.create("k1"))
        await eventually(lambda: len(stripe.calls) > 1)
        with database.connect() as connection:
            row = connection.execute(IDLE, (shop.platform.settings.name,)).fetchone()
        stripe.passing.set()
        assert (await paying)[0] == 201
        assert row == (idle,)
        assert bool(shop.platform.planted.reached) == bool(bug)
