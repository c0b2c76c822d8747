"""The watch over the books, on a target made of plain values."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq
import pytest

from harness.core.errors import ControlError
from harness.core.target import Target
from harness.run import book_watch
from harness.run.book_watch import OVERLAP, BookWatch


class Ledger:
    """A target whose ledger grows with each look, and that has no primary while `gone`."""

    def __init__(self, looks: Sequence[Sequence[tuple[int, int]]], *, gone: int = 0) -> None:
        self._looks = list(looks)
        self._gone = gone
        self.asked: list[int] = []
        self.done = threading.Event()

    def backlog(self) -> Mapping[str, int]:
        self._gone -= 1
        if self._gone >= 0:
            raise ControlError("no primary at the moment")
        return {"outbox_pending": 3}

    def idle_transactions(self) -> Mapping[str, float]:
        return {"api1": 0.7}

    def ledger(self, after: int) -> Sequence[Mapping[str, object]]:
        self.asked.append(after)
        rows = self._looks.pop(0) if self._looks else []
        if not self._looks:
            self.done.set()
        return [
            {"posting_id": number, "journal_id": number, "cause": f"capture:{number}", "account": "a",
             "currency": "EUR", "amount_minor": minor}
            for number, minor in rows
        ]  # fmt: skip


def watched(
    target: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[tuple[str, str, float]], list[dict[str, int]]]:
    monkeypatch.setattr(book_watch, "INTERVAL_S", 0.001)
    samples: list[tuple[str, str, float]] = []
    watch = BookWatch(
        cast(Target, target), lambda at_us, process, metric, value: samples.append((process, metric, value))
    )
    watch.start()
    assert target.done.wait(10)
    watch.stop(folder)
    return samples, pq.read_table(folder / "ledger_seen.parquet").to_pylist()


def test_each_posting_is_noted_once_and_again_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Ledger([[(1, 100), (2, 200)], [(1, 100), (2, 999)]])
    _, seen = watched(target, tmp_path / "books", monkeypatch)
    assert [(row["posting_id"], row["amount_minor"]) for row in seen] == [(1, 100), (2, 200), (2, 999)]
    assert all(row["seen_at_us"] > 0 for row in seen)


def test_ids_that_may_have_committed_late_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Ledger([[(5000, 1)], []])
    watched(target, tmp_path / "books", monkeypatch)
    assert target.asked[1] == 5000 - OVERLAP


def test_a_missing_primary_leaves_a_gap_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, seen = watched(Ledger([[(1, 1)]], gone=3), tmp_path / "books", monkeypatch)
    assert len(seen) == 1
    assert ("platform", "backlog_outbox_pending", 3.0) in samples
