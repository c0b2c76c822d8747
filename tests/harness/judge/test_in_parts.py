"""A run that is judged in parts comes to what it comes to whole."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Undecided, Violation
from harness.core.report import Report
from harness.core.tables import TABLES
from harness.invariants import catalogue, pick
from harness.judge.in_parts import catalogue_in_parts
from harness.judge.parting import NAMED_BY, part_run
from harness.judge.recheck import recheck
from harness.judge.synthetic import Synthetic, make_run
from tests.harness.invariants.story import Story
from tests.harness.invariants.test_bad_stories import BAD

Teller = Callable[[Story], None]
PARTS = 8


def scratch(folder: Path) -> Path:
    """Return a new folder for the parts."""
    (made := folder / "scratch").mkdir()
    return made


def rows(folder: Path, table: str) -> list[str]:
    """Return a table's rows, each in words."""
    path = folder / ("" if table == "history" else "books") / f"{table}.parquet"
    return [repr(row) for row in pq.read_table(path).to_pylist()]


def told(evidence: Evidence, ids: Collection[str]) -> Mapping[str, tuple[int, list[Violation]]]:
    """Return the witnesses of these invariants, and what they find."""
    found: dict[str, tuple[int, list[Violation]]] = {}
    for item in pick(*ids):
        try:
            found[item.id] = item.witness.count(evidence), list(item.violations(evidence))
        except Undecided:
            found[item.id] = item.witness.count(evidence), []
    return found


def in_order(found: Mapping[str, tuple[int, list[Violation]]]) -> Mapping[str, tuple[int, list[Violation]]]:
    """Return what was found with each invariant's violations in one order."""
    return {name: (count, sorted(items, key=repr)) for name, (count, items) in found.items()}


def test_each_record_that_names_something_is_in_one_part_and_every_other_in_each(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", Synthetic(600))
    seen: dict[str, Counter[str]] = {}
    sizes = []
    for part in part_run(folder, 4, scratch(tmp_path)):
        sizes.append(len(rows(part, "payments")))
        for table in ("history", "payments", "sink_events", "gateway_calls", "ledger_seen", "log_positions"):
            seen.setdefault(table, Counter()).update(rows(part, table))
        assert (part / "plan.json").is_file()
        assert (part / "books" / "states.json").is_file()
    assert min(sizes) > 0
    for table, counted in seen.items():
        times = 4 if table == "log_positions" else 1
        assert counted == Counter({row: times * count for row, count in Counter(rows(folder, table)).items()}), table


def test_payments_that_share_a_key_a_reference_or_a_session_are_in_one_part(tmp_path: Path) -> None:
    story = Story(tmp_path)
    first, second, third = story.sale(1.0), story.sale(2.0), story.sale(3.0)
    mine = [row for row in story.rows["history"] if row["got_payment_id"]]
    mine[1]["idempotency_key"] = mine[0]["idempotency_key"]
    mine[2]["arrival"] = mine[1]["arrival"]
    linked = {str(item.payment_id) for item in (first, second, third)}
    parts = [set(rows(part, "payments")) for part in part_run(story.write(), PARTS, scratch(tmp_path))]
    holding = [part for part in parts if any(name in row for row in part for name in linked)]
    assert len(holding) == 1
    assert all(any(name in row for row in holding[0]) for name in linked)


def test_a_part_is_gone_before_the_next_one_comes(tmp_path: Path) -> None:
    folder, room = make_run(tmp_path / "run", Synthetic(200)), scratch(tmp_path)
    assert [len(list(room.glob("part-*"))) for _ in part_run(folder, 3, room)] == [1, 1, 1]
    assert list(room.glob("part-*")) == []


def check_story(tmp_path: Path, tell: Teller, expected: Collection[str]) -> None:
    story = Story(tmp_path)
    tell(story)
    # Somebody must be in the other parts.
    for number in range(8):
        story.sale(40.0 + number)
    asked = [item.id for item in pick(*expected) if not item.whole]
    with story.evidence() as evidence:
        whole = told(evidence, asked)
        folder = evidence.folder
    gathered: dict[str, tuple[int, list[Violation]]] = {name: (0, []) for name in asked}
    for part in part_run(folder, 4, scratch(tmp_path)):
        with Evidence(part) as evidence:
            for name, (count, found) in told(evidence, asked).items():
                gathered[name] = gathered[name][0] + count, [*gathered[name][1], *found]
    assert in_order(gathered) == in_order(whole)


@pytest.mark.parametrize(("tell", "expected"), BAD[::20], ids=lambda item: getattr(item, "__name__", None))
def test_what_is_wrong_is_found_in_a_part_with_the_same_words(tmp_path: Path, tell: Teller, expected: set[str]) -> None:
    check_story(tmp_path, tell, expected)


@pytest.mark.thorough
@pytest.mark.parametrize(("tell", "expected"), BAD, ids=lambda item: getattr(item, "__name__", None))
def test_whatever_is_wrong_is_found_in_a_part_with_the_same_words(
    tmp_path: Path, tell: Teller, expected: set[str]
) -> None:
    check_story(tmp_path, tell, expected)


def judged(folder: Path, parts: int | None) -> Report:
    """Judge a run whole, or in parts. Which of its counterexamples are shown may differ between equals."""
    report = recheck(folder, judged_at="2027-01-15T08:00:00Z", judged_by="test", parts=parts).now
    return replace(report, invariants=tuple(replace(item, examples=()) for item in report.invariants))


def test_a_history_in_eight_parts_comes_to_the_same_report_as_whole(tmp_path: Path) -> None:
    folder = make_run(tmp_path, Synthetic(3_000, {"double_charge": 4, "lost_booking": 3, "float_cent": 2, "orphan": 5}))
    whole = judged(folder, None)
    assert judged(folder, PARTS) == whole
    assert {item.id for item in whole.invariants if item.violations} == {"I1", "I4", "I14", "I16"}


def test_what_counts_over_a_whole_run_says_so() -> None:
    """Any at all, two merchants, a balance, a share, a span: none of these is to be told from a part."""
    whole = {"I6", "I11", "I15", "I16", "I22", "I35", "I36", "I37", "I40", "I41", "I42", "I43", "I51"}
    assert {item.id for item in catalogue() if item.whole} >= whole
    assert not any(item.whole for item in pick("I1", "I2", "I3", "I14", "I21"))


def test_a_number_of_parts_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    for parts in (-1, 0, 1, 1025):
        with pytest.raises(UsageError, match=f"--parts: {parts} is not between 2 and 1024"):
            catalogue_in_parts(tmp_path, parts)


def test_every_column_that_names_something_is_one_that_is_written() -> None:
    assert set(NAMED_BY) <= {column for columns in TABLES.values() for column in columns}
