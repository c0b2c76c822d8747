"""An old client's requests get the same answers as ever, byte for byte but for ids and times."""

import json
import os
from pathlib import Path

import pytest

from tests.system.api.contract import conversation
from tests.system.core.fakes import Shop

pytestmark = pytest.mark.real

RECORDED = Path(__file__).with_name("recorded.json")
RECORD = "FAULTLINE_RECORD_CONTRACT"
"""Set, it records anew: for a change of the contract that is meant, in a commit that says so."""


async def test_every_answer_is_as_recorded(shop: Shop) -> None:
    answers = (await conversation(shop)).answers
    if RECORD in os.environ:
        RECORDED.write_text(json.dumps(answers, indent=1) + "\n")
        pytest.fail(f"recorded {len(answers)} answers; run it again without {RECORD}")
    recorded = json.loads(RECORDED.read_text())
    assert list(answers) == list(recorded)
    assert {name: told for name, told in answers.items() if told != recorded[name]} == {}
