"""What a scenario may change is published, and the file is what the code says."""

import json
from pathlib import Path

from system.published import published

FILE = Path(__file__).parents[2] / "system" / "settings.json"


def test_the_file_is_what_the_code_says() -> None:
    made = json.dumps(published(), indent=1) + "\n"
    assert FILE.read_text() == made, "python -m system.published > system/settings.json"


def test_no_address_and_no_secret_is_among_what_a_scenario_may_change() -> None:
    names = [name for part in published().values() for name in part]
    assert len(names) > 30
    assert [name for name in names if name.endswith(("_URL", "_SECRET", "_TOKEN", "_KEY", "_PORT", "_FILE"))] == []
