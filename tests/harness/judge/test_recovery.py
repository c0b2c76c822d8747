"""A run that failed over, judged and stored: the account of time and of money is in the verdict, and is read back."""

import json
from dataclasses import replace
from pathlib import Path

from harness.core.report import Report
from harness.judge import build_report, compare, judge, read_verdict, recheck, write_verdict
from harness.objectives import objective_named
from tests.harness.invariants.story import Story
from tests.harness.objectives.failing_over import told_by_all

PROMISES = ["rto(within_s=3)", "rpo(payments=0)", "drained(within_s=30)"]
PAGE = Path(__file__).parents[3] / "docs" / "evidence.md"


def judged(story: Story) -> Report:
    story.plan = {"should_meet": PROMISES}
    with story.evidence() as evidence:
        promises = [objective_named(name) for name in PROMISES]
        judgement = judge(evidence, must_hold=[], should_meet=promises, faults=[])
        return build_report(evidence, judgement, judged_at="2027-01-15T08:01:00Z", judged_by="test")


def test_time_and_loss_are_stored_and_read_back(tmp_path: Path) -> None:
    report = judged(told_by_all(tmp_path))
    document = json.loads(write_verdict(report, tmp_path).read_text())
    assert read_verdict(tmp_path) == report
    [failover] = document["recovery"]
    assert [(phase["name"], phase["seconds"]) for phase in failover["phases"]] == [
        ("detect", 0.8), ("decide", 0.3), ("promote", 1.3), ("reconnect", 0.5), ("drain", 1.1),
    ]  # fmt: skip
    assert failover["service"]["seconds"] == 2.52
    # None of the story's payments is in the books: all of them are lost, and listed.
    assert document["data_loss"]["payments"] == len(document["data_loss"]["references"]) > 100
    assert document["data_loss"]["money"].keys() == {"EUR"}


def test_judging_it_again_finds_nothing_new(tmp_path: Path) -> None:
    write_verdict(judged(told_by_all(tmp_path)), tmp_path)
    assert recheck(tmp_path, judged_at="later", judged_by="test").changes == ()


def test_another_account_than_before_is_said(tmp_path: Path) -> None:
    report = judged(told_by_all(tmp_path))
    before = replace(report, recovery=(), data_loss=None)
    lost = report.data_loss.payments if report.data_loss else 0
    assert compare(before, report) == (
        f"0 acknowledged payments were told to be lost, now {lost}",
        "0 losses of the primary were seen, now 1",
    )


def test_a_run_without_a_failover_and_without_a_loss_has_neither(tmp_path: Path) -> None:
    report = judged(Story(tmp_path))
    assert (report.recovery, report.data_loss) == ((), None)


def test_a_verdict_of_before_is_still_read(tmp_path: Path) -> None:
    path = write_verdict(judged(Story(tmp_path)), tmp_path)
    document = json.loads(path.read_text())
    del document["recovery"], document["data_loss"]
    path.write_text(json.dumps(document))
    assert read_verdict(tmp_path).recovery == ()


def test_the_page_tells_every_field_of_a_failover_and_of_a_loss(tmp_path: Path) -> None:
    document = json.loads(write_verdict(judged(told_by_all(tmp_path)), tmp_path).read_text())
    page = PAGE.read_text()
    text = page[page.index("## verdict.json") : page.index("## raw/")]
    [failover] = document["recovery"]
    fields = {*failover, *failover["service"], *document["data_loss"]}
    assert sorted(field for field in fields if f"`{field}`" not in text) == []
