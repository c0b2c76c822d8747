"""What a target does not give is not judged: never passed, always said, and the same when judged again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from faults.lost_answers import lost_answers
from harness.core.errors import UsageError
from harness.core.evidence import REPLAY_MARKS, VERSIONS, Evidence
from harness.core.fault import Bite
from harness.core.judgement import Measurement, Objective, Undecided
from harness.core.report import Report
from harness.core.verdicts import Verdict
from harness.invariants import catalogue, pick
from harness.judge import build_report, judge, read_verdict, recheck, write_verdict
from harness.judge.findings import find
from reports.formats import html, junit, markdown, text
from tests.harness.invariants.days import sound_day
from tests.harness.invariants.story import BOOKS, Story, at

MUST_HOLD = ["I1", "I2", "I3", "I4", "I7", "I14"]
LEAST = sorted({*BOOKS, "states", REPLAY_MARKS, VERSIONS} - {"gateway_charges", "gateway_movements"})
"""What an adapter without any optional method does not give."""


def day(folder: Path, not_given: list[str], *, twice: bool = False) -> Path:
    """Write the folder of a sound day from which the target gives less; `twice`: somebody was charged twice."""
    story = Story(folder)
    sound_day(story, billing=False)
    if twice:
        sale = story.sale(9.0)
        story.charge(sale, 9.1)
    story.plan = {"must_hold": MUST_HOLD, "should_meet": [], "not_given": not_given}
    for table in not_given:
        story.rows[table].clear() if table in story.rows else None
    story.evidence().close()
    return folder


def judged(folder: Path) -> Report:
    with Evidence(folder) as evidence:
        judgement = judge(evidence, must_hold=MUST_HOLD, should_meet=[], faults=[])
        return build_report(evidence, judgement, judged_at="2027-01-15T08:01:00Z", judged_by="test")


def test_evidence_that_the_target_does_not_give_is_not_there_although_its_table_is(tmp_path: Path) -> None:
    with Evidence(day(tmp_path, ["attempts", VERSIONS])) as evidence:
        assert evidence.rows("SELECT * FROM attempts") == []
        assert not evidence.has("attempts")
        assert not evidence.has("history", VERSIONS)
        assert evidence.has("history", "operations", REPLAY_MARKS)


def test_a_pass_is_partial_and_names_what_was_not_judged(tmp_path: Path) -> None:
    report = judged(day(tmp_path, LEAST))
    assert report.verdict is Verdict.PASS, report.reasons
    assert report.not_judged == ("I2", "I4", "I7")
    by_id = {finding.id: finding for finding in report.invariants}
    assert (by_id["I1"].verdict, by_id["I1"].not_given) == (Verdict.PASS, ("operations",))
    assert (by_id["I4"].verdict, by_id["I4"].judged) == (Verdict.INCONCLUSIVE, False)
    assert by_id["I4"].reason == "not judged: the target does not give operations, attempts"


def test_no_invariant_passes_on_evidence_that_was_not_given(tmp_path: Path) -> None:
    passed = {finding.id for finding in judged(day(tmp_path, LEAST)).invariants if finding.verdict is Verdict.PASS}
    lacking = {item.id for item in catalogue() if (set(item.needs) - set(item.spares)) & set(LEAST)}
    assert passed & lacking == set()
    assert {"I1", "I3", "I14"} <= passed


def test_a_violation_is_one_however_little_is_given(tmp_path: Path) -> None:
    report = judged(day(tmp_path, LEAST, twice=True))
    assert report.verdict is Verdict.FAIL
    assert [finding.id for finding in report.invariants if finding.verdict is Verdict.FAIL] == ["I1"]


@pytest.mark.parametrize("form", ["ORDER-{}", "retry/{}", ""])
def test_a_charge_that_no_client_asked_for_fails_however_little_is_given(tmp_path: Path, form: str) -> None:
    """The second charge of a payment, under a reference that is not quite that payment's, or under none."""
    story = Story(tmp_path)
    sound_day(story, billing=False)
    paid = story.sale(9.0)
    paid.reference = form.format(paid.reference)
    story.charge(paid, 9.1)["payment_id"] = ""
    story.plan = {"must_hold": MUST_HOLD, "should_meet": [], "not_given": LEAST}
    for table in LEAST:
        story.rows[table].clear() if table in story.rows else None
    story.evidence().close()
    report = judged(tmp_path)
    assert report.verdict is Verdict.FAIL
    [failed] = [finding for finding in report.invariants if finding.verdict is Verdict.FAIL]
    assert (failed.id, failed.violations, failed.money_at_risk) == ("I1", 1, {paid.currency: paid.amount_minor})
    assert "no client asked to pay that" in failed.examples[0].what


def test_without_the_core_a_partial_pass_is_none(tmp_path: Path) -> None:
    folder = day(tmp_path, [*LEAST, "gateway_charges", "gateway_movements"])
    report = judged(folder)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.reasons == ("I1 and I3 must hold where anything demanded is not judged, and did not show that",)


def test_a_table_that_is_lost_is_still_a_damage_and_no_excuse(tmp_path: Path) -> None:
    folder = day(tmp_path, ["attempts"])
    (folder / "books" / "operations.parquet").unlink()
    with Evidence(folder) as evidence:
        found = find(evidence, pick("I1")[0], required=True)
    assert (found.verdict, found.judged, found.reason) == (Verdict.INCONCLUSIVE, True, "missing: operations")


@pytest.mark.parametrize(
    ("what", "tables"),
    [("charges()", ["gateway_charges", "gateway_movements"]), ("payments()", ["payments", "operations", "attempts"])],
)
def test_books_that_never_answered_leave_a_verdict_that_is_no_pass(
    tmp_path: Path, what: str, tables: list[str]
) -> None:
    folder = day(tmp_path, ["attempt_transitions", "gateway_calls"])
    with (folder / "events.jsonl").open("a") as events:
        lacking = {"at_us": at(30), "kind": "books_saved", "lacking": {what: "TimeoutError"}}
        events.write(json.dumps(lacking) + "\n")
    for table in tables:
        (folder / "books" / f"{table}.parquet").unlink()
    with Evidence(folder) as evidence:
        if "gateway_charges" in tables:
            with pytest.raises(Undecided, match="the gateway's charges could not be read"):
                lost_answers("stripe").hits(evidence, Bite(at(0), at(20)))
        else:
            assert lost_answers("stripe").hits(evidence, Bite(at(0), at(20))) == 0
    report = judged(folder)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert f"the books lack what {what} would have told: TimeoutError" in report.reasons
    with Evidence(folder) as evidence:
        assert "INCONCLUSIVE" in text.render(report, evidence)


def test_a_promise_without_its_evidence_is_not_judged_either(tmp_path: Path) -> None:
    promise = Objective("quick", "it is quick", lambda _: Measurement(1.0, "1 s", True), needs=("history", "attempts"))
    with Evidence(day(tmp_path, ["attempts"])) as evidence:
        found = judge(evidence, must_hold=["I1"], should_meet=[promise], faults=[])
    assert found.verdict is Verdict.PASS
    assert (found.objectives[0].verdict, found.objectives[0].judged) == (Verdict.INCONCLUSIVE, False)
    assert found.objectives[0].measured == "not judged: the target does not give attempts"
    with Evidence(tmp_path) as evidence:
        report = build_report(evidence, found, judged_at="2027-01-15T08:01:00Z", judged_by="test")
    assert report.not_judged == ("quick",)


def test_judging_again_says_the_same(tmp_path: Path) -> None:
    report = judged(day(tmp_path, LEAST))
    write_verdict(report, tmp_path)
    again = recheck(tmp_path, judged_at=report.judged_at, judged_by=report.judged_by, scheduled=[])
    assert read_verdict(tmp_path) == report == again.now
    assert again.changes == ()
    stored = json.loads((tmp_path / "verdict.json").read_text())
    assert stored["not_judged"] == ["I2", "I4", "I7"]


@pytest.mark.parametrize("render", [text.render, markdown.render, html.render])
def test_every_report_says_loudly_what_was_not_judged(tmp_path: Path, render: "type[str]") -> None:
    report = judged(day(tmp_path, LEAST))
    with Evidence(tmp_path) as evidence:
        told = " ".join(render(report, evidence).split())  # type: ignore[call-arg]
    assert "NOT JUDGED, for lack of evidence from the target: I2, I4, I7." in told.replace("*", "")
    assert "Everything that had to hold" not in told


@pytest.mark.parametrize("render", [text.render, markdown.render, html.render])
def test_every_report_says_how_little_was_seen_of_settling(tmp_path: Path, render: "type[str]") -> None:
    folder = day(tmp_path, LEAST)
    plan = json.loads((folder / "plan.json").read_text())
    for seen_by, expected in (({}, False), ({"settling": {"seen by": "the charges alone"}}, True)):
        (folder / "plan.json").write_text(json.dumps({**plan, "settings": seen_by}))
        report = judged(folder)
        with Evidence(folder) as evidence:
            told = " ".join(render(report, evidence).split())  # type: ignore[call-arg]
        assert ("Settling is seen by the charges alone." in told) is expected


def test_the_first_line_says_that_a_pass_is_partial(tmp_path: Path) -> None:
    report = judged(day(tmp_path, LEAST))
    with Evidence(tmp_path) as evidence:
        first = text.render(report, evidence).split("\n", 1)[0]
    assert first.startswith("PASS (partial: 3 demands not judged)")


def test_junit_skips_what_was_not_judged_and_shows_it_as_no_pass(tmp_path: Path) -> None:
    report = judged(day(tmp_path, LEAST))
    with Evidence(tmp_path) as evidence:
        told = junit.render(report, evidence)
    assert 'message="NOT JUDGED: not judged: the target does not give operations, attempts"' in told
    assert "<error" not in told


def test_an_invariant_cannot_spare_what_it_does_not_need() -> None:
    with pytest.raises(UsageError, match="payslips"):
        replace(pick("I1")[0], spares=("payslips",))
