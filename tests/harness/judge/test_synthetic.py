"""Synthetic runs are sound unless they are asked not to be."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.column_types import schema
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.invariants import catalogue
from harness.judge.synthetic import TABLES, Synthetic, make_run


def caught(folder: Path) -> dict[str, int]:
    with Evidence(folder) as evidence:
        counts = {item.id: len(item.violations(evidence)) for item in catalogue()}
    return {name: count for name, count in counts.items() if count}


def test_a_synthetic_run_is_sound_and_of_the_wanted_size(tmp_path: Path) -> None:
    make_run(tmp_path, Synthetic(3_000))
    assert caught(tmp_path) == {}
    with Evidence(tmp_path) as evidence:
        assert evidence.count("SELECT count(DISTINCT op) FROM history") == pytest.approx(3_000, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("double_charge", {"I1", "I4"}), ("lost_booking", {"I16"}), ("float_cent", {"I14"}), ("orphan", {"I4"})],
)
def test_planted_violations_are_found_and_nothing_else(tmp_path: Path, kind: str, expected: set[str]) -> None:
    make_run(tmp_path, Synthetic(2_000, {kind: 5}))
    found = caught(tmp_path)
    assert set(found) == expected
    assert all(count >= 5 for count in found.values())


def test_an_unknown_kind_of_violation_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown kind of violation: typo"):
        Synthetic(10, {"typo": 1})


def test_a_synthetic_run_has_every_column_that_a_real_one_has(tmp_path: Path) -> None:
    folder = make_run(tmp_path, Synthetic(operations=40))
    for name, columns in TABLES.items():
        made = pq.read_schema(folder / "books" / f"{name}.parquet")
        assert set(made.names) == set(schema(columns).names), name
