"""A column that a stored run lacks leaves an invariant open; one that nobody ever wrote is a mistake, and says so."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.errors import HarnessError
from harness.core.evidence import Evidence, LackingColumn
from harness.core.tables import METRICS, TABLES
from harness.run import sampler
from tests.harness.invariants.story import Story


def older(folder: Path, table: str, column: str) -> Evidence:
    """Return a run whose table was written before the column existed."""
    story = Story(folder)
    story.sale()
    story.evidence().close()
    path = folder / "books" / f"{table}.parquet"
    pq.write_table(pq.read_table(path).drop_columns([column]), path)
    return Evidence(folder)


@pytest.mark.parametrize(("plan", "replicas"), [({"services": {"api1": "api", "worker": "worker"}}, 1), ({}, 2)])
def test_a_run_is_judged_by_the_topology_that_it_stored(tmp_path: Path, plan: dict[str, object], replicas: int) -> None:
    story = Story(tmp_path, plan=plan)
    story.sale()
    with story.evidence() as evidence:
        assert evidence.replicas("api", before=2) == replicas


LACKING = [
    "SELECT gateway_key FROM attempts",
    "SELECT a.gateway_key FROM attempts a",
    "SELECT count(*) FILTER (gateway_key = '') FROM attempts",
    "SELECT x.gateway_key FROM (SELECT * FROM attempts) x",
    "WITH w AS (SELECT * FROM attempts) SELECT w.gateway_key FROM w",
    "SELECT * EXCLUDE (gateway_key) FROM attempts",
    "SELECT * FROM operations JOIN attempts USING (gateway_key)",
]

MISTAKEN = [
    "SELECT gatway_key FROM attempts",
    "SELECT a.state, o.stat FROM attempts a JOIN operations o USING (operation_id)",
    # A column of another table, which this query does not even read.
    "SELECT card FROM operations",
    "SELECT gateway_key FROM payments",
]


@pytest.mark.parametrize("sql", LACKING)
def test_a_column_that_is_written_today_and_not_in_this_run_is_lacking(tmp_path: Path, sql: str) -> None:
    with older(tmp_path, "attempts", "gateway_key") as evidence, pytest.raises(LackingColumn) as caught:
        evidence.rows(sql)
    assert str(caught.value) == "attempts has no column gateway_key"


@pytest.mark.parametrize("sql", MISTAKEN)
def test_a_column_that_nobody_writes_is_our_own_mistake_and_loud(tmp_path: Path, sql: str) -> None:
    with older(tmp_path, "attempts", "gateway_key") as evidence, pytest.raises(HarnessError, match="nobody writes"):
        evidence.rows(sql)


def test_what_was_derived_from_a_table_lacks_what_the_table_lacks(tmp_path: Path) -> None:
    with older(tmp_path, "attempts", "gateway_key") as evidence:
        evidence.derive("every_attempt", "SELECT * FROM attempts")
        evidence.derive("every_one_again", "SELECT * FROM every_attempt")
        with pytest.raises(LackingColumn, match="attempts has no column gateway_key"):
            evidence.rows("SELECT gateway_key FROM every_one_again")
        with pytest.raises(HarnessError):
            evidence.rows("SELECT gatway_key FROM every_one_again")


def test_the_known_columns_are_those_that_are_written(tmp_path: Path) -> None:
    assert METRICS.split() == sampler.METRICS.names
    story = Story(tmp_path)
    story.sale()
    with story.evidence() as evidence:
        seen = {
            table: {row["column_name"] for row in evidence.rows(f"DESCRIBE {table}")}
            for table in evidence.tables & TABLES.keys()
        }
    assert len(seen) > 20
    assert seen == {table: set(TABLES[table]) for table in seen}


def test_the_gateways_of_a_run_are_those_that_told_what_they_take(tmp_path: Path) -> None:
    """Before gateways told that, there were two."""
    story = Story(tmp_path)
    for gateway in ("paypal", "acquirer"):
        story.add("gateway_currencies", gateway=gateway, currency="EUR")
    with story.evidence() as evidence:
        assert evidence.gateways == ("acquirer", "paypal")
    (tmp_path / "books" / "gateway_currencies.parquet").unlink()
    with Evidence(tmp_path) as evidence:
        assert evidence.gateways == ("stripe", "paypal")
