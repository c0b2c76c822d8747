"""Time that passes at once: the operator moves it, processes and SQL follow, retention ends, leases do not."""

from collections.abc import Iterator

import pytest

from system.clock import app_us, follow_app, in_us, shared_us
from system.worker.keys import expire_keys
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop

pytestmark = pytest.mark.real

PATH = "system/application-clock"
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _real_time_again() -> Iterator[None]:
    yield
    follow_app(0)


def ahead_us(database: TestDatabase) -> int:
    """How far the database's application time is ahead, in microseconds."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT pay.app_now_us() - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def test_every_process_and_the_database_follow(shop: Shop, database: TestDatabase) -> None:
    status, answer, _, _ = await shop.operate(PATH, {"offset_s": 3 * DAY_S})
    assert (status, answer) == (200, {"offset_s": 3 * DAY_S, "acknowledged": True, "laggards": []})
    follow_app(0)
    await shop.platform.shared.poll()
    assert abs(app_us() - shared_us() - in_us(3 * DAY_S)) < in_us(1)
    assert abs(ahead_us(database) - in_us(3 * DAY_S)) < in_us(5)


async def test_it_never_goes_back_but_with_the_books(shop: Shop, database: TestDatabase) -> None:
    assert (await shop.operate(PATH, {"offset_s": DAY_S}))[0] == 200
    status, answer, _, _ = await shop.operate(PATH, {"offset_s": DAY_S - 1})
    assert (status, answer["error"]["code"], answer["error"]["param"]) == (409, "clock_backwards", "offset_s")
    assert (await shop.operate("system/reset"))[0] == 200
    assert abs(ahead_us(database)) < in_us(5)


@pytest.mark.parametrize("offset", [-1, 1.5, "soon", True, None, 10**12])
async def test_nonsense_is_refused_and_moves_nothing(shop: Shop, database: TestDatabase, offset: object) -> None:
    status, answer, _, _ = await shop.operate(PATH, {"offset_s": offset})
    assert (status, answer["error"]["param"]) == (400, "offset_s")
    assert abs(ahead_us(database)) < in_us(5)


async def test_a_platform_that_cannot_be_reset_lives_in_the_real_time(database: TestDatabase) -> None:
    async with open_shop(database.environment, allow_reset=False) as shop:
        status, answer, _, _ = await shop.operate(PATH, {"offset_s": DAY_S})
        assert (status, answer["error"]["code"]) == (403, "clock_not_movable")


async def test_a_key_expires_by_the_applications_time_and_is_never_executed_again(shop: Shop) -> None:
    assert (await shop.create("k1"))[0] == 201
    assert (await shop.operate(PATH, {"offset_s": 31 * DAY_S}))[0] == 200
    status, answer, _, _ = await shop.create("k1")
    assert (status, answer["error"]["code"]) == (410, "idempotency_key_expired")
    assert (await shop.create("k2"))[0] == 201
    async with shop.platform.database.connection() as connection:
        assert await expire_keys(connection, app_us()) == 1
    assert (await shop.create("k2"))[0] == 201
