"""Folds: equal where two sides hold the same, and pointing at the right buckets where they do not."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness.core.evidence import Evidence
from harness.invariants._folding import differing, fold, times, within

Line = tuple[str, int]


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    """A run's folder with nothing in it but its plan."""
    (tmp_path / "plan.json").write_text(json.dumps({}))
    with Evidence(tmp_path) as opened:
        yield opened


def table(evidence: Evidence, name: str, lines: Sequence[Line]) -> str:
    """Keep the lines as a table of keys and amounts."""
    values = ", ".join(f"('{key}', {amount})" for key, amount in lines)
    return evidence.derive(name, f"SELECT * FROM (VALUES {values}) v(id, amount_minor)")


def suspects(evidence: Evidence, weight: str, left: Sequence[Line], right: Sequence[Line]) -> set[str]:
    """Return the keys on the left that fall into differing buckets."""
    folds = [
        fold(evidence, f"fold_{side}", "id", weight, table(evidence, side, lines))
        for side, lines in (("ours", left), ("theirs", right))
    ]
    buckets = differing(evidence, "differing", *folds)
    return {row["id"] for row in evidence.rows(f"SELECT id FROM ours {within(buckets, 'id')}")}


ROWS: list[Line] = [(f"att_{number}", number * 7) for number in range(500)]


def test_the_same_rows_in_another_order_fold_to_the_same(evidence: Evidence) -> None:
    assert suspects(evidence, "hash(id, amount_minor)", ROWS, ROWS[::-1]) == set()


@pytest.mark.parametrize(
    "theirs",
    [ROWS[1:], [*ROWS, ROWS[0]], [*ROWS, ROWS[0], ROWS[0]], [("att_0", 1), *ROWS[1:]]],
    ids=["one is missing", "one is twice", "one is three times", "an amount differs"],
)
def test_the_bucket_of_a_key_that_differs_is_found_and_hardly_any_other(evidence: Evidence, theirs: list[Line]) -> None:
    found = suspects(evidence, "hash(id, amount_minor)", ROWS, theirs)
    assert "att_0" in found
    assert len(found) <= 5


def test_two_keys_that_swapped_their_amounts_are_both_found(evidence: Evidence) -> None:
    swapped = [("att_1", ROWS[2][1]), ("att_2", ROWS[1][1])]
    found = suspects(evidence, "hash(id, amount_minor)", ROWS, [ROWS[0], *swapped, *ROWS[3:]])
    assert {"att_1", "att_2"} <= found


def test_sums_agree_however_an_amount_is_split(evidence: Evidence) -> None:
    parts = [(key, part) for key, amount in ROWS for part in (amount - 3, 3)]
    assert suspects(evidence, times("amount_minor", "id"), ROWS, parts) == set()


def test_a_sum_that_is_off_by_one_is_found(evidence: Evidence) -> None:
    assert "att_9" in suspects(evidence, times("amount_minor", "id"), ROWS, [*ROWS, ("att_9", 1)])
