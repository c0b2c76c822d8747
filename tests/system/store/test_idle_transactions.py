"""What the harness sees of the platform's sessions, asked of a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from harness.provision.postgres.settings import APPLICATION_ROLE
from harness.targets.database import DatabaseReader
from tests.system.conftest import TestDatabase

pytestmark = pytest.mark.real


def test_the_longest_idle_transaction_of_each_process_is_seen(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def connection(_: DatabaseReader) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        with psycopg.connect(database.conninfo, row_factory=dict_row) as opened:
            yield opened

    with database.connect() as admin:
        admin.execute(f"DROP ROLE IF EXISTS {APPLICATION_ROLE}")
        admin.execute(f"CREATE ROLE {APPLICATION_ROLE} LOGIN PASSWORD 'test'")
    monkeypatch.setattr(DatabaseReader, "connection", connection)
    reader = DatabaseReader(lambda: 0, "")
    assert reader.idle_transactions() == {}
    ours = psycopg.conninfo.make_conninfo(database.conninfo, user=APPLICATION_ROLE, password="test")
    with (
        psycopg.connect(ours, application_name="api1") as held,
        psycopg.connect(ours, application_name="api2", autocommit=True) as free,
    ):
        held.execute("SELECT 1")
        free.execute("SELECT 1")
        with database.connect() as admin:
            admin.execute("SELECT pg_sleep(0.2)")
        seen = reader.idle_transactions()
        assert (seen["api2"], set(seen)) == (0.0, {"api1", "api2"})
        assert seen["api1"] >= 0.2
