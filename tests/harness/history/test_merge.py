"""Merging raw histories: nothing is lost, nothing is invented."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.core.errors import HarnessError
from harness.history import HISTORY_COLUMNS, merge_history


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def invoke(op: str, attempt: int = 1, **values: Any) -> dict[str, Any]:
    return {"e": "invoke", "op": op, "attempt": attempt, "kind": "create", "sent_us": 5, "worker": 0, **values}


def complete(op: str, attempt: int = 1, **values: Any) -> dict[str, Any]:
    return {"e": "complete", "op": op, "attempt": attempt, "done_us": 9, "outcome": "OK", "replayed": True, **values}


def read(path: Path) -> list[dict[str, Any]]:
    cursor = duckdb.execute(f"SELECT * FROM '{path}' ORDER BY op, attempt")
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_both_halves_of_an_attempt_become_one_row_whatever_their_order_and_file(tmp_path: Path) -> None:
    (tmp_path / "history-0.jsonl").write_text(lines(complete("a", got_status="captured"), invoke("a"), invoke("b")))
    (tmp_path / "history-1.jsonl").write_text(lines(invoke("a", 2), complete("b", outcome="FAILED"), complete("a", 2)))
    seen = merge_history(tmp_path, tmp_path / "history.parquet")
    rows = read(tmp_path / "history.parquet")
    assert [(row["op"], row["attempt"], row["outcome"]) for row in rows] == [
        ("a", 1, "OK"),
        ("a", 2, "OK"),
        ("b", 1, "FAILED"),
    ]
    assert rows[0]["got_status"] == "captured"
    assert rows[0]["replayed"] is True
    assert list(rows[0]) == list(HISTORY_COLUMNS)
    assert (seen.attempts, seen.unfinished, seen.torn_lines, seen.stray_completes, seen.repeated_lines) == (
        3,
        0,
        0,
        0,
        0,
    )


def test_a_request_without_an_answer_is_unknown_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "history-0.jsonl").write_text(lines(invoke("a")))
    assert merge_history(tmp_path, tmp_path / "out.parquet").unfinished == 1
    [row] = read(tmp_path / "out.parquet")
    assert (row["outcome"], row["error"], row["done_us"]) == ("UNKNOWN", "no_completion", None)
    assert (row["definite"], row["replayed"]) == (False, False)


def test_the_torn_last_line_of_a_killed_worker_is_counted_and_left_out(tmp_path: Path) -> None:
    whole = lines(invoke("a"), complete("a"), invoke("b"))
    (tmp_path / "history-0.jsonl").write_text(whole + '{"e": "complete", "op": "b", "atte')
    (tmp_path / "history-1.jsonl").write_text(lines(invoke("c"), complete("c")))
    seen = merge_history(tmp_path, tmp_path / "out.parquet")
    assert (seen.attempts, seen.unfinished, seen.torn_lines) == (3, 1, 1)


def test_strays_and_repetitions_are_counted_and_change_nothing(tmp_path: Path) -> None:
    told = lines(invoke("a"), complete("a"), invoke("a"), complete("z"))
    (tmp_path / "history-0.jsonl").write_text(told)
    seen = merge_history(tmp_path, tmp_path / "out.parquet")
    assert (seen.attempts, seen.stray_completes, seen.repeated_lines) == (1, 1, 1)


TOLD = [record for op in ("a", "b", "c") for record in (invoke(op, worker=1), complete(op))]
WRITTEN = lines(*TOLD)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, len(WRITTEN)))
def test_wherever_a_worker_was_killed_each_whole_invocation_counts_and_is_unknown_without_its_answer(
    tmp_path: Path, cut: int
) -> None:
    (tmp_path / "history-0.jsonl").write_text(lines(invoke("z"), complete("z")))
    (tmp_path / "history-1.jsonl").write_text(WRITTEN[:cut])
    whole, torn = divmod_lines(WRITTEN[:cut])
    seen = merge_history(tmp_path, tmp_path / "out.parquet")
    expected = {"z": "OK"} | {
        record["op"]: "OK" if complete(record["op"]) in TOLD[:whole] else "UNKNOWN" for record in TOLD[:whole]
    }
    assert {row["op"]: row["outcome"] for row in read(tmp_path / "out.parquet")} == expected
    assert seen.unfinished == sum(outcome == "UNKNOWN" for outcome in expected.values())
    assert seen.torn_lines <= torn


def divmod_lines(text: str) -> tuple[int, int]:
    """Return how many lines are whole (the last one may only lack its end), and how many are torn."""
    parts = text.split("\n")
    last_is_whole = parts[-1] in WRITTEN.split("\n") and parts[-1] != ""
    return len(parts) - 1 + last_is_whole, int(parts[-1] != "" and not last_is_whole)


def test_a_folder_without_any_history_is_the_harness_own_failure(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="the load recorded nothing"):
        merge_history(tmp_path, tmp_path / "out.parquet")


def test_a_long_history_is_merged_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "history-0.jsonl").open("w") as out:
        for number in range(100_000):
            out.write(lines(invoke(f"op-{number}", reference="r" * 40), complete(f"op-{number}", error="e" * 40)))
    seen = merge_history(tmp_path, tmp_path / "out.parquet", memory_limit="160MB")
    assert (seen.attempts, seen.unfinished) == (100_000, 0)
