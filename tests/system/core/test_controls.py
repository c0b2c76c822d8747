"""The operator's test controls of a replica: crash points and the clock."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from system import crashpoints
from system.clock import now_us, set_offset
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _sound_again() -> Iterator[None]:
    yield
    set_offset(0)
    crashpoints.disarm()


async def test_without_leave_nobody_may_use_them(shop: Shop) -> None:
    for path, body in (("system/crash-point", {"point": "claimed"}), ("system/clock", {"offset_s": 60})):
        status, answer, _, _ = await shop.operate(path, body)
        assert (status, answer["error"]["code"]) == (403, "controls_not_allowed")
        assert (await shop.request("POST", f"/internal/api/{path}", body=body))[0] == 401


async def test_a_point_is_armed_and_disarmed_and_health_tells(database: TestDatabase, tmp_path: Path) -> None:
    async with open_shop(database.environment, allow_test_controls=True, crash_file=tmp_path / "crashes") as shop:
        assert (await shop.operate("system/crash-point", {"point": "claimed"}))[:2] == (200, {"point": "claimed"})
        assert (await shop.request("GET", "/health"))[1]["crash_point"] == "claimed"
        assert (await shop.operate("system/crash-point", {"point": None}))[:2] == (200, {"point": None})
        assert (await shop.create("k1"))[0] == 201
        status, answer, _, _ = await shop.operate("system/crash-point", {"point": "outbox_published"})
        assert (status, answer["error"]["code"]) == (400, "crash_point_unknown")


async def test_a_replica_lives_in_another_time_until_it_is_told_otherwise(database: TestDatabase) -> None:
    async with open_shop(database.environment, allow_test_controls=True) as shop:
        assert (await shop.operate("system/clock", {"offset_s": -90}))[:2] == (200, {"offset_s": -90})
        assert 85 < time.time() - now_us() / 1e6 < 95
        assert (await shop.operate("system/clock", {"offset_s": "soon"}))[0] == 400
        assert (await shop.operate("system/clock", {"offset_s": 0}))[:2] == (200, {"offset_s": 0})


async def test_the_list_of_points_is_public(shop: Shop) -> None:
    status, answer, _, _ = await shop.request("GET", "/v1/crash-points")
    assert status == 200
    assert [point["name"] for point in answer["points"]] == [point.name for point in crashpoints.POINTS]
