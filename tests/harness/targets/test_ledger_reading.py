"""The ledger is read only as far as the synchronous standby has it: what a failover may take back is not in it yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness.provision.postgres.cluster import PostgresCluster
from harness.targets import database
from harness.targets.database import DatabaseReader

POSTINGS = [{"posting_id": 1, "cause": "capture:att_1"}]


class FakeServer:
    """Answers each statement by what it asks for; the standby has everything at its `caught_up_at`-th asking."""

    def __init__(self, caught_up_at: int | None) -> None:
        self._caught_up_at = caught_up_at
        self._asked = 0

    def execute(self, statement: str, parameters: tuple[object, ...] = ()) -> "FakeServer":
        self._statement = statement
        self._asked += "replicated" in statement
        return self

    def fetchall(self) -> list[dict[str, Any]]:
        return POSTINGS

    def fetchone(self) -> dict[str, Any]:
        if "replicated" in self._statement:
            return {"replicated": self._caught_up_at is not None and self._asked >= self._caught_up_at}
        return {"position": "0/5000"}


@pytest.mark.parametrize(("caught_up_at", "seen"), [(1, POSTINGS), (3, POSTINGS), (None, [])])
def test_only_what_the_standby_has_is_seen(
    monkeypatch: pytest.MonkeyPatch, caught_up_at: int | None, seen: list[dict[str, Any]]
) -> None:
    @contextmanager
    def connection(_: DatabaseReader) -> Iterator[FakeServer]:
        yield FakeServer(caught_up_at)

    monkeypatch.setattr(DatabaseReader, "connection", connection)
    monkeypatch.setattr(database, "_POLL_S", 0.0)
    monkeypatch.setattr(database, "_REPLICATED_WITHIN_S", 0.05)
    assert DatabaseReader(PostgresCluster.__new__(PostgresCluster), "").ledger(0) == seen
