"""The service of docs/adding-a-service.md, really up: healthy, scraped, its link cut with hits, killed, reset."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import BASE_PORT
from tests.topology import drive, example
from topology import load

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_a_folder_and_a_line_are_a_service_that_runs(tmp_path: Path) -> None:
    tree = example.written(tmp_path / "tree")
    shutil.copy(drive.__file__, tree / "drive.py")
    ran = example.run(tree, "drive.py", str(tmp_path / "workspace"), str(BASE_PORT), deadline_s=500)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    number = len(load().services)
    assert (seen["healthy"], seen["role"], seen["port"]) == (True, "pulse", BASE_PORT + 10 * number)
    assert seen["a stranger is answered"] == 401
    assert seen["whole"]["pulse_reached"] > 0
    assert seen["cut"]["pulse_missed"] > seen["whole"]["pulse_missed"]
    assert seen["hits"]["answered"] > 0
    assert sum(count for phase, count in seen["hits"].items() if phase != "answered") > 0
    alive, unhealthy = seen["killed"]
    assert not alive
    assert "pulse" in unhealthy
    assert seen["started again"]
    assert seen["reset"]["pulse_missed"] == 0
    assert seen["steady"] == ""
