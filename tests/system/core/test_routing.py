"""Three gateways in order: each is a value, none is named anywhere else."""

import psycopg
import pytest

from system.gateway import GatewayReply, GatewayRequest
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, REFUSED, Shop, open_shop

pytestmark = pytest.mark.real

NAMES = ("first", "second", "third")


def three(database: TestDatabase) -> dict[str, str]:
    """The environment of a platform that has come to know three gateways."""
    with database.connect() as connection:
        connection.execute("SELECT pay.seed_shared_state(1, %s)", (list(NAMES),))
    return database.environment


def refused(request: GatewayRequest) -> GatewayReply:
    return REFUSED


def attempts(database: TestDatabase) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute("SELECT gateway, seq, state FROM books.attempts ORDER BY seq").fetchall()


async def test_a_charge_tries_every_gateway_in_order(database: TestDatabase) -> None:
    async with open_shop(three(database), NAMES) as shop:
        shop.gateways["first"].script = shop.gateways["second"].script = refused
        status, payment, _, _ = await shop.create("k1")
        assert (status, payment["gateway"]) == (201, "third")
    assert [(row[0], row[2]) for row in attempts(database)] == [
        ("first", "not_executed"),
        ("second", "not_executed"),
        ("third", "succeeded"),
    ]


async def test_when_all_refuse_the_payment_failed_after_all_of_them(database: TestDatabase) -> None:
    async with open_shop(three(database), NAMES) as shop:
        for gateway in shop.gateways.values():
            gateway.script = refused
        assert (await shop.create("k1"))[0] == 503
    assert attempts(database) == [(name, place, "not_executed") for place, name in enumerate(NAMES, 1)]


async def test_a_decline_goes_no_further(database: TestDatabase) -> None:
    async with open_shop(three(database), NAMES) as shop:
        shop.gateways["first"].script = refused
        shop.gateways["second"].script = lambda request: DECLINED
        assert (await shop.create("k1"))[0] == 402
        assert not shop.gateways["third"].calls


async def opened(shop: Shop, database: TestDatabase, *gateways: str) -> None:
    with database.connect() as connection:
        connection.execute(
            "UPDATE pay.breakers SET state = 'open', version = version + 1,"
            " opened_at_us = (extract(epoch FROM now()) * 1000000)::bigint WHERE gateway = ANY(%s)",
            (list(gateways),),
        )
    await shop.platform.shared.poll()


async def test_a_gateway_whose_breaker_is_open_is_passed_over_at_first_and_as_a_fallback(
    database: TestDatabase,
) -> None:
    async with open_shop(three(database), NAMES, breaker_open_s=60) as shop:
        await opened(shop, database, "first")
        assert (await shop.create("k1"))[1]["gateway"] == "second"
    async with open_shop(three(database), NAMES, breaker_open_s=60) as shop:
        await opened(shop, database, "second")
        shop.gateways["first"].script = refused
        assert (await shop.create("k2"))[1]["gateway"] == "third"


async def test_an_operator_puts_one_first_and_going_back_restores_the_order(database: TestDatabase) -> None:
    async with open_shop(three(database), NAMES) as shop:

        async def switched(primary: str) -> tuple[str, str]:
            _, body, _, _ = await shop.operate("payment/switch-gateway", {"primaryGateway": primary, "reason": "test"})
            return body["primary_gateway"], body["fallback_gateway"]

        assert await switched("third") == ("third", "first")
        assert shop.platform.shared.gateways() == ("third", "first", "second")
        assert (await shop.create("k1"))[1]["gateway"] == "third"
        assert await switched("first") == ("first", "second")
        assert shop.platform.shared.gateways() == NAMES
        await shop.operate("system/disable-fallback-gateway")
        assert shop.platform.shared.gateways() == ("first",)
        assert (await shop.operate("system/reset"))[0] == 200
        assert shop.platform.shared.gateways() == NAMES


async def test_a_gateway_that_only_newer_processes_know_is_left_to_them(database: TestDatabase) -> None:
    async with open_shop(three(database), NAMES[:2]) as shop:
        assert shop.platform.shared.routing.gateways == NAMES
        assert shop.platform.shared.gateways() == NAMES[:2]


def test_a_gateway_that_is_new_gets_breakers_and_the_last_place(database: TestDatabase) -> None:
    three(database)
    with database.connect() as connection:
        for _ in range(2):
            connection.execute("SELECT pay.add_gateways(2, %s)", (["third", "fourth"],))
        row = connection.execute("SELECT gateways, version FROM pay.routing").fetchone()
        breakers = connection.execute("SELECT count(*), count(DISTINCT gateway) FROM pay.breakers").fetchone()
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE pay.routing SET gateways = '{}'")
    assert row is not None
    assert row[0] == [*NAMES, "fourth"]
    assert breakers == (8, 4)
