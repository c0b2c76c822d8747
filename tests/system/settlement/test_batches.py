"""Days are closed on a real database, and the judge reads what came of it: sound, and with each planted bug."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from harness.core.evidence import Evidence
from harness.invariants import pick
from harness.invariants._business_dates import Terms, business_date
from harness.targets.books import save_database
from system.clock import follow_app, shared_us
from system.worker.settling import Settling
from tests.harness.invariants.story import Story
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop

pytestmark = pytest.mark.real

DAY_S = 86_400
CUTOFF_S = 61_200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _real_time_again() -> Iterator[None]:
    yield
    follow_app(0)


def moments() -> Iterator[tuple[str, int, str, int]]:
    """Zone, cut-off, currency and moment: at and around cut-offs, on the days on which clocks change, and anywhere."""
    chance = random.Random(38)
    changes = {
        "Europe/Berlin": ["2026-03-29", "2026-10-25"],
        "America/New_York": ["2026-03-08", "2026-11-01"],
        "Asia/Tokyo": ["2026-07-03"],
        "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    }
    for zone, days in changes.items():
        for cutoff_s in (61_200, 9_000, 5_400, 7_200):
            for day in days:
                noon = datetime.fromisoformat(day).replace(tzinfo=UTC)
                for currency in ("USD", "EUR", "JPY"):
                    for _ in range(25):
                        at = noon + timedelta(minutes=chance.randrange(-1440, 2880), seconds=chance.choice((0, 1, 59)))
                        yield zone, cutoff_s, currency, (at - EPOCH) // timedelta(microseconds=1)
                        far = at + timedelta(days=chance.randrange(4000))
                        yield zone, cutoff_s, currency, (far - EPOCH) // timedelta(microseconds=1)


def test_the_database_and_the_judge_date_every_moment_alike(database: TestDatabase) -> None:
    asked = list(moments())
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT pay.business_date(z, s, pay.calendar_of(c), u) FROM unnest(%s::text[], %s::integer[], %s::text[],"
            " %s::bigint[]) WITH ORDINALITY AS t(z, s, c, u, n) ORDER BY n",
            [list(column) for column in zip(*asked, strict=True)],
        ).fetchall()
    differing = [
        (item, row[0], expected)
        for item, row in zip(asked, rows, strict=True)
        if row[0] != (expected := business_date(Terms(item[0], item[1]), item[2], item[3]))
    ]
    assert differing[:3] == []


async def trade(shop: Shop, prefix: str) -> None:
    """Two merchants sell, and one of them pays something back."""
    for number in range(4):
        status, paid, _, _ = await shop.create(f"{prefix}{number}", amount_minor=1999 + 7 * number)
        assert status == 201
        if number % 3 == 0:
            assert (await shop.refund(paid["id"], f"{prefix}r{number}", amount_minor=333))[0] == 201
        sold = await shop.create(f"{prefix}y{number}", merchant="m_beta", currency="JPY", amount_minor=500 + number)
        assert sold[0] == 201


async def pass_days(shop: Shop, days: int) -> None:
    assert (await shop.operate("system/application-clock", {"offset_s": days * DAY_S}))[0] == 200


async def three_weeks(database: TestDatabase, bug: str) -> int:
    """Trade, let days pass, settle, and once more until reserves are due; return how often the bug was reached."""
    async with open_shop(database.environment, bug=bug) as shop:
        settling = Settling(shop.platform)
        await trade(shop, "a")
        for days in (4, 25):
            await pass_days(shop, days)
            await settling.step()
            await trade(shop, f"b{days}")
        await pass_days(shop, 37)
        await settling.step()
        return shop.platform.planted.reached


def judged(database: TestDatabase, folder: Path) -> tuple[int, list[str]]:
    """How many lines there are, and what I30 finds. Gateways tell nothing here: dates are those of the recording."""
    written = Story(folder).write()
    with (
        database.connect() as connection
    ):  # as if a minute had gone by before each cut: what is just written may be late
        connection.execute("UPDATE pay.settlement_batches SET cut_at_us = cut_at_us + 60000000")
    with psycopg.connect(database.conninfo, row_factory=dict_row) as connection:
        save_database(written / "books", connection)
    [invariant] = pick("I30")
    with Evidence(written) as evidence:
        return invariant.witness.count(evidence), [found.what for found in invariant.violations(evidence)]


async def test_batches_of_three_weeks_equal_their_lines(database: TestDatabase, tmp_path: Path) -> None:
    assert await three_weeks(database, "") == 0
    lines, found = judged(database, tmp_path)
    assert found == []
    assert lines >= 20
    with database.connect() as connection:
        held, released, owed, net = (
            connection.execute(
                "SELECT sum(reserve_minor), sum(released_minor), (SELECT -sum(amount_minor) FROM books.postings"
                " WHERE account = 'merchant:m_alpha:payable'), sum(net_minor) FROM books.settlement_batches"
                " WHERE merchant_id = 'm_alpha'"
            ).fetchone()
            or ()
        )
    assert held > released > 0
    assert owed == net, "what the ledger owes is what the batches come to"


@pytest.mark.parametrize("bug", ["B38", "B150", "B151", "B152", "B153", "B154"])
async def test_each_planted_bug_is_caught(database: TestDatabase, tmp_path: Path, bug: str) -> None:
    assert await three_weeks(database, bug) > 0
    _, found = judged(database, tmp_path)
    assert found != []


async def test_nothing_is_settled_twice_and_nothing_before_its_day_has_closed(database: TestDatabase) -> None:
    async with open_shop(database.environment) as shop:
        settling = Settling(shop.platform)
        await trade(shop, "a")
        assert await settling.step() == 0
        await pass_days(shop, 6)
        assert await settling.step() == 2
        settling.forget()
        assert await settling.step() == 0


async def test_between_two_cutoffs_the_database_is_asked_nothing(database: TestDatabase) -> None:
    async with open_shop(database.environment) as shop:
        settling = Settling(shop.platform)
        await settling.step()
        before = shared_us()
        with database.connect() as connection:
            connection.execute("ALTER FUNCTION pay.wind_settlement_clock(bigint) RENAME TO away")
            try:
                assert await settling.step() == 0
            finally:
                connection.execute("ALTER FUNCTION pay.away(bigint) RENAME TO wind_settlement_clock")
        assert settling._due_us > before


async def test_a_payment_is_booked_in_as_many_statements_as_before(database: TestDatabase) -> None:
    """The business date is a column of a row that is written anyway."""
    with database.connect() as connection:
        source = connection.execute("SELECT prosrc FROM pg_proc WHERE proname = 'post'").fetchone()
    assert source is not None
    assert source[0].count("INSERT INTO") == 2
    assert source[0].count(";") == 1
