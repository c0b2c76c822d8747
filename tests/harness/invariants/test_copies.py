"""One copy and the promise: where the evidence decides nothing, and where a small database says so beforehand."""

from pathlib import Path

import pytest

from harness.core.judgement import Finding
from harness.core.verdicts import Verdict
from harness.invariants import pick
from harness.judge import judge
from harness.judge.findings import find
from harness.judge.reporting import build_report
from harness.objectives.single_copy import ALONE, NODES, ONE_COPY
from tests.harness.invariants import bad_copies
from tests.harness.invariants.story import Story, at


def judged(story: Story) -> Finding:
    with story.evidence() as evidence:
        [copies] = pick("I42")
        return find(evidence, copies, required=True)


def enough(story: Story, *, until_s: float = 3.0) -> None:
    """Twenty payments while all is well."""
    for number in range(20):
        story.sale(0.5 + number * (until_s - 0.5) / 20)


def small(story: Story, *, alone_s: tuple[float, float] | None = (4.0, 8.0), nodes: int = 2) -> None:
    """A database that says that it goes on with one copy, and is alone for a while."""
    story.plan["settings"] = {"durability": {NODES: str(nodes), ALONE: ONE_COPY}}
    for at_s, synchronous in ((0.0, 1), *(zip(alone_s, (0, 1), strict=True) if alone_s else ())):
        told = {"up": True, "role": "primary", "timeline": 1, "accepts_writes": True, "synchronous": synchronous}
        story.events.append({"at_us": at(at_s), "kind": "database_state", "node": "pg-a", **told})


def one_of_two_hears_nothing(story: Story) -> None:
    """From 4 s to the end nobody but the primary has anything; payments come at 5 s and at 6 s."""
    enough(story)
    story.sale(5.0, amount_minor=1000)
    story.sale(6.0, amount_minor=250)
    bad_copies.logged(story)
    bad_copies.followed(story, stuck={"pg-b": 4.0, "pg-c": 4.0})


def test_what_nobody_saw_in_time_is_not_decided(tmp_path: Path) -> None:
    story = Story(tmp_path)
    enough(story)
    bad_copies.nobody_knows_what_a_standby_had(story)
    found = judged(story)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("not decided: 1 of 21 acknowledged commits were not seen on another node")


def test_a_small_database_that_is_alone_is_counted_and_neither_praised_nor_blamed(tmp_path: Path) -> None:
    story = Story(tmp_path)
    small(story)
    one_of_two_hears_nothing(story)
    with story.evidence() as evidence:
        judgement = judge(evidence, must_hold=["I42"], should_meet=[], faults=(), invariants=pick("I42"))
        report = build_report(evidence, judgement, judged_at="", judged_by="")
    [found] = judgement.invariants
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == (
        "not decided: a database of 2 nodes does not promise it: 2 acknowledged states of payments and refunds "
        "(12.50 EUR) were on one node only while it was alone"
    )
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert report.single_copy is not None
    assert (report.single_copy.payments, dict(report.single_copy.money)) == (2, {"EUR": 1250})


@pytest.mark.parametrize(
    ("alone_s", "nodes"),
    [(None, 2), ((7.0, 8.0), 2), ((4.0, 8.0), 3)],
    ids=["its standby is there", "alone later only", "three nodes that wait for nobody"],
)
def test_whoever_has_a_standby_to_wait_for_has_no_such_excuse(
    tmp_path: Path, alone_s: tuple[float, float] | None, nodes: int
) -> None:
    story = Story(tmp_path)
    small(story, alone_s=alone_s, nodes=nodes)
    one_of_two_hears_nothing(story)
    found = judged(story)
    assert (found.verdict, found.violations) == (Verdict.FAIL, 2)


def test_only_what_was_declared_is_taken_out(tmp_path: Path) -> None:
    story = Story(tmp_path)
    small(story, alone_s=(5.8, 8.0))
    one_of_two_hears_nothing(story)
    found = judged(story)
    assert (found.verdict, found.violations, dict(found.money_at_risk)) == (Verdict.FAIL, 1, {"EUR": 1000})
