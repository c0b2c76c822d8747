"""A mutant that everybody would call a bug is caught, by what it breaks, beside a sound twin that passes."""

import json
from pathlib import Path

import pytest

from harness.mutation.scope import all_mutants, load_scope
from harness.provision.ports import SPAN
from tests.e2e.conftest import BASE_PORT, Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.thorough, pytest.mark.timeout(900)]
SCENARIO = "late_success_after_fallback"


def test_an_unknown_that_is_taken_for_not_executed_is_caught(tmp_path: Path) -> None:
    faultline = Faultline(tmp_path, BASE_PORT + SPAN)  # others of this session keep a platform up
    (mutant,) = [
        each
        for each in all_mutants(load_scope())
        if (each.function, each.before, each.edit.text)
        == ("attempt_state", "AttemptState.UNKNOWN", "AttemptState.NOT_EXECUTED")
    ]
    result = faultline("mutants", "--mutant", mutant.id, "--scenario", SCENARIO, "--json", deadline_s=800)
    assert result.code == 0, result.err
    (row,) = result.json["mutants"]
    assert row["status"] == "caught", json.dumps(row, indent=1) + result.err
    assert {"I4", "I5"} & set(row["caught"]["violated"])
    assert row["caught"]["reached"] > 0
    assert faultline.left_behind() == []
