"""I49 on histories told by hand: what was declined is there again, what is under way is not."""

from pathlib import Path

import pytest

from harness.invariants.i49_refusals_have_a_reason import INVARIANT
from tests.harness.invariants.bad_amounts import after_a_refusal
from tests.harness.invariants.story import Story


@pytest.mark.parametrize(
    ("declined", "asked_s", "wrong"), [(True, 4.0, 1), (True, 2.2, 0), (True, 1.9, 0), (False, 4.0, 0)]
)
def test_a_refusal_is_wrong_only_where_the_money_was_there_for_sure(
    tmp_path: Path, declined: bool, asked_s: float, wrong: int
) -> None:
    story = Story(tmp_path)
    after_a_refusal(story, asked_s=asked_s, declined=declined)
    with story.evidence() as evidence:
        found = INVARIANT.violations(evidence)
    assert len(found) == wrong
    assert all(item.money == {"EUR": 1_500} for item in found)
