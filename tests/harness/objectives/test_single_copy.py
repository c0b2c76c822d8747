"""What was acknowledged with one copy is counted with its money, on a database that goes on without a standby."""

from pathlib import Path

import pytest

from harness.core.recovery import SingleCopy
from harness.judge.doubts import doubts
from harness.judge.judging import load_result
from harness.judge.reporting import build_report
from harness.objectives.single_copy import ALONE, NODES, ONE_COPY, WAITS, single_copy
from tests.harness.invariants.story import Story, at


def primary(story: Story, at_s: float, node: str, synchronous: int, *, timeline: int = 3, leads: bool = True) -> None:
    told = {"up": True, "role": "primary", "timeline": timeline, "accepts_writes": leads, "synchronous": synchronous}
    story.events.append({"at_us": at(at_s), "kind": "database_state", "node": node, **told})


def alone_for_a_while(folder: Path, *, nodes: int = 2, becomes: str = ONE_COPY) -> Story:
    """A standby is away from 4 s to 8 s; a sale each second from 1.05 s on, and a refund at 6.5 s."""
    story = Story(folder)
    story.plan["settings"] = {"durability": {NODES: str(nodes), ALONE: becomes}}
    story.plan["claim"] = "It is sound."
    primary(story, 0.0, "pg-a", 1)
    primary(story, 4.0, "pg-a", 0)
    primary(story, 8.0, "pg-a", 1)
    sales = [story.sale(1.0 + number, amount_minor=1000) for number in range(10)]
    story.refund(sales[0], 6.5, 300)
    return story


def account(story: Story) -> SingleCopy | None:
    with story.evidence() as evidence:
        return single_copy(evidence)


def test_what_was_first_acknowledged_while_the_primary_was_alone_is_at_risk(tmp_path: Path) -> None:
    found = account(alone_for_a_while(tmp_path))
    # The sales of 4, 5, 6 and 7 s, and the refund.
    assert found == SingleCopy(2, 4.0, 5, {"EUR": 4300})


def test_an_answer_that_is_told_again_is_not_at_risk_again(tmp_path: Path) -> None:
    story = alone_for_a_while(tmp_path)
    before = account(story)
    (tmp_path / "again").mkdir()
    story = alone_for_a_while(tmp_path / "again")
    early = story.sale(2.5, amount_minor=1000)
    story.replay(early, 5.5)
    assert account(story) == before


def test_a_new_primary_alone_is_as_alone(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.plan["settings"] = {"durability": {NODES: "2", ALONE: ONE_COPY}}
    primary(story, 0.0, "pg-a", 1)
    primary(story, 3.0, "pg-a", 0, leads=False)
    primary(story, 4.0, "pg-b", 0, timeline=4)
    found = account(story)
    assert found is not None
    assert found.seconds == pytest.approx(story.duration_s - 4.0)


@pytest.mark.parametrize(("nodes", "becomes"), [(3, WAITS), (2, "nobody knows")])
def test_where_commits_wait_nothing_is_at_risk(tmp_path: Path, nodes: int, becomes: str) -> None:
    story = alone_for_a_while(tmp_path, nodes=nodes, becomes=becomes)
    assert account(story) is None
    with story.evidence() as evidence:
        assert not [doubt for doubt in doubts(evidence, load_result(evidence), ()) if "one copy" in doubt]


def test_such_a_run_is_in_doubt_and_its_claim_says_what_it_does_not_cover(tmp_path: Path) -> None:
    from harness.judge import judge

    with alone_for_a_while(tmp_path).evidence() as evidence:
        judgement = judge(evidence, must_hold=[], should_meet=[], faults=())
        report = build_report(evidence, judgement, judged_at="", judged_by="")
    assert any("5 payments and refunds were acknowledged with one copy" in reason for reason in report.reasons)
    assert report.claim.startswith("It is sound. (But with this database: without a standby,")
    assert report.single_copy == SingleCopy(2, 4.0, 5, {"EUR": 4300})
