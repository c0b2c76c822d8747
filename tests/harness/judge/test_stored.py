"""verdict.json: what is written is what is read, and a stored run can be judged again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from faults.replication_cut import replication_cut
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, ScheduledFault, Undo, Window
from harness.core.report import Report
from harness.core.surface import Surface
from harness.core.verdicts import Verdict
from harness.judge import (
    build_report,
    compare,
    fault_results,
    judge,
    read_verdict,
    recheck,
    stored_fault_results,
    write_verdict,
)
from harness.objectives import objective_named
from tests.harness.invariants.days import sound_day
from tests.harness.invariants.story import Story, at

MUST_HOLD = ["I1", "I33"]
SHOULD_MEET = ["availability(at_least=0.5, when=during)", "recovered(within_s=10)"]


class CountsCalls:
    """A fault that counts what reached stripe while it was on."""

    name = "gateway_down"
    place = "*-to-stripe"
    settings: Mapping[str, float | int | str] = {"share": 1}

    def undo(self, surface: Surface) -> list[Undo]:
        return []

    def inject(self, surface: Surface, seed: int) -> None:
        raise AssertionError("nothing is injected when judging")

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        return evidence.count(
            "SELECT count(*) FROM gateway_calls WHERE gateway = 'stripe' AND arrived_at_us BETWEEN ? AND ?",
            [bite.from_us, bite.to_us],
        )


SCHEDULED = [ScheduledFault(CountsCalls(), Window(9.0, 12.0))]


def make_report(folder: Path, *, bad: bool = False) -> Report:
    story = Story(folder)
    sound_day(story)
    if bad:
        paid = story.authorization(5.0)
        story.charge(paid, 5.5, status="authorized")["captured_minor"] = 0
    story.plan = {
        "must_hold": MUST_HOLD,
        "should_meet": SHOULD_MEET,
        "faults": [{"name": "gateway_down", "place": "*-to-stripe", "settings": {"share": 1}, "from_s": 9, "to_s": 12}],
    }
    with story.evidence() as evidence:
        judgement = judge(
            evidence,
            must_hold=MUST_HOLD,
            should_meet=[objective_named(name) for name in SHOULD_MEET],
            faults=fault_results(evidence, SCHEDULED),
        )
        return build_report(evidence, judgement, judged_at="2027-01-15T08:01:00Z", judged_by="test")


@pytest.mark.parametrize("bad", [False, True])
def test_a_report_survives_being_stored(tmp_path: Path, bad: bool) -> None:
    report = make_report(tmp_path, bad=bad)
    write_verdict(report, tmp_path)
    assert read_verdict(tmp_path) == report
    assert report.verdict is (Verdict.FAIL if bad else Verdict.PASS)


def test_verdict_json_has_the_fields_that_others_rely_on(tmp_path: Path) -> None:
    document = json.loads(write_verdict(make_report(tmp_path, bad=True), tmp_path).read_text())
    wanted = "schema_version verdict scenario seed bug claim invariants objectives faults load settings reasons"
    assert set(wanted.split()) <= set(document)
    broken = next(item for item in document["invariants"] if item["id"] == "I1")
    wanted = "id sentence verdict witness violations money_at_risk examples"
    assert set(wanted.split()) <= set(broken)
    assert (broken["verdict"], broken["violations"], broken["money_at_risk"]) == ("FAIL", 1, {"EUR": 1999})
    assert {"name", "goal", "measured", "verdict"} <= set(document["objectives"][0])
    assert {"planned", "ok", "failed", "unknown", "dropped", "lag_p99_ms"} <= set(document["load"])
    [fault] = document["faults"]
    assert {"name", "link", "from_s", "to_s", "hits"} <= set(fault)
    assert (fault["link"], fault["from_s"], fault["to_s"]) == ("*-to-stripe", 9.0, 12.0)
    assert fault["hits"] > 0


def test_a_fault_of_a_process_is_stored_with_its_process(tmp_path: Path) -> None:
    report = make_report(tmp_path)
    report = replace(report, faults=(replace(report.faults[0], place="stripe", place_kind="process"),))
    document = json.loads(write_verdict(report, tmp_path).read_text())
    assert document["faults"][0]["process"] == "stripe"
    assert read_verdict(tmp_path) == report


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1}', "null"])
def test_a_damaged_or_foreign_verdict_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "verdict.json").write_text(text)
    with pytest.raises(UsageError, match=r"verdict\.json") as caught:
        read_verdict(tmp_path)
    assert "\n" not in str(caught.value)


def test_judging_a_stored_run_again_finds_nothing_new(tmp_path: Path) -> None:
    write_verdict(make_report(tmp_path), tmp_path)
    again = recheck(tmp_path, judged_at="later", judged_by="test", scheduled=SCHEDULED)
    assert again.changes == ()
    assert again.now.verdict is Verdict.PASS
    assert again.before == read_verdict(tmp_path)


def test_without_the_fault_modules_the_stored_hits_are_believed(tmp_path: Path) -> None:
    report = make_report(tmp_path)
    write_verdict(report, tmp_path)
    again = recheck(tmp_path, judged_at="later", judged_by="test")
    assert again.now.faults == report.faults
    assert again.changes == ()


def test_without_a_stored_verdict_unknown_hits_count_as_none(tmp_path: Path) -> None:
    make_report(tmp_path)
    with Evidence(tmp_path) as evidence:
        [fault] = stored_fault_results(evidence)
    assert (fault.name, fault.hits, fault.from_s) == ("gateway_down", 0, 9.0)
    assert recheck(tmp_path, judged_at="later", judged_by="test").now.verdict is Verdict.INCONCLUSIVE


def test_recheck_says_what_changed(tmp_path: Path) -> None:
    report = make_report(tmp_path, bad=True)
    old = replace(
        report,
        verdict=Verdict.PASS,
        reasons=(),
        invariants=tuple(replace(item, verdict=Verdict.PASS, violations=0) for item in report.invariants[1:]),
    )
    write_verdict(old, tmp_path)
    changes = recheck(tmp_path, judged_at="later", judged_by="test", scheduled=SCHEDULED).changes
    assert "the verdict was PASS, now it is FAIL" in changes
    assert "I1 was not judged, now it is FAIL" in changes
    assert any(change.startswith("new: I1 is violated once") for change in changes)


def test_what_is_no_longer_judged_is_said_too(tmp_path: Path) -> None:
    report = make_report(tmp_path)
    less = replace(report, invariants=report.invariants[1:], objectives=(), faults=())
    changes = compare(report, less)
    assert "I1 is no longer judged" in changes
    assert "1 faults were counted, now 0" in changes
    assert sum("is no longer measured" in change for change in changes) == 2


def test_a_fault_that_was_never_injected_has_no_hits(tmp_path: Path) -> None:
    with Story(tmp_path).evidence() as evidence:
        [fault] = fault_results(evidence, SCHEDULED)
    assert (fault.hits, fault.from_s, fault.to_s, fault.place_kind) == (0, 9.0, 12.0, "link")


def test_of_a_fault_that_chose_its_links_those_are_told_that_it_broke(tmp_path: Path) -> None:
    story = Story(tmp_path)
    fault = replication_cut(standbys="one")
    story.fault(fault.name, fault.place, 9.0, 12.0)
    seen = {"kind": "fault_seen", "fault": fault.name, "standbys": ["pg-b"]}
    story.events.append({"at_us": at(9.1), **seen, "links": ["standby-b-to-db-a", "standby-b-to-db-c"]})
    with story.evidence() as evidence:
        [one] = fault_results(evidence, [ScheduledFault(fault, Window(9.0, 12.0))])
    assert (one.place, one.place_kind) == ("standby-b-to-db-a, standby-b-to-db-c", "link")


@pytest.mark.parametrize("missing", ["must_hold", "t0_us", "load"])
def test_a_folder_whose_plan_lacks_something_is_refused(tmp_path: Path, missing: str) -> None:
    make_report(tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text())
    del plan[missing]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(UsageError, match=f"lacks {missing}"):
        recheck(tmp_path, judged_at="later", judged_by="test")


def test_a_damaged_table_is_refused_in_one_line(tmp_path: Path) -> None:
    make_report(tmp_path)
    (tmp_path / "books" / "payments.parquet").write_bytes(b"PAR1 not any more")
    with pytest.raises(UsageError, match=r"payments\.parquet is damaged"):
        recheck(tmp_path, judged_at="later", judged_by="test")


@pytest.mark.parametrize("text", ["", "{", "null", '{"schema_version": 99}'])
def test_an_unreadable_verdict_counts_as_none(tmp_path: Path, text: str) -> None:
    make_report(tmp_path)
    (tmp_path / "verdict.json").write_text(text)
    again = recheck(tmp_path, judged_at="later", judged_by="test", scheduled=SCHEDULED)
    assert (again.before, again.changes) == (None, ())
    assert again.now.verdict is Verdict.PASS


def test_a_run_of_an_older_version_is_judged_without_the_columns_that_it_lacks(tmp_path: Path) -> None:
    make_report(tmp_path)
    calls = tmp_path / "books" / "gateway_calls.parquet"
    pq.write_table(pq.read_table(calls).drop_columns(["gateway_key"]), calls)
    now = recheck(tmp_path, judged_at="later", judged_by="test", scheduled=SCHEDULED).now
    [keys] = [item for item in now.invariants if item.id == "I55"]
    assert keys.verdict is Verdict.INCONCLUSIVE
    assert keys.reason.startswith("missing: ")
    assert "gateway_key" in keys.reason
    assert now.verdict is Verdict.PASS


def test_hits_of_a_run_that_did_not_count_them_itself_are_those_of_its_verdict(tmp_path: Path) -> None:
    report = make_report(tmp_path)
    counted = replace(report, faults=tuple(replace(item, hits=77) for item in report.faults))
    write_verdict(counted, tmp_path)
    (tmp_path / "books" / "gateway_fault_hits.parquet").unlink()
    again = recheck(tmp_path, judged_at="later", judged_by="test", scheduled=SCHEDULED)
    assert [item.hits for item in again.now.faults] == [77]


def test_an_event_without_its_fields_is_refused(tmp_path: Path) -> None:
    make_report(tmp_path)
    (tmp_path / "events.jsonl").write_text('{"at_us": 1, "kind": "fault_injected"}\n')
    with pytest.raises(UsageError, match="'fault_id'"):
        recheck(tmp_path, judged_at="later", judged_by="test", scheduled=SCHEDULED)
