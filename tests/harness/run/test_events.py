"""The diary is written as things happen, and told to whoever listens."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from harness.run.events import EventLog


def test_who_listens_hears_what_was_before_and_what_comes_until_nobody_is_told(tmp_path: Path) -> None:
    heard: list[Mapping[str, Any]] = []
    with closing(EventLog(tmp_path / "events.jsonl")) as events:
        events.add("phase", at_us=1, name="load")
        events.tell(heard.append)
        events.add("breaker", at_us=2, gateway="stripe")
        events.tell_nobody()
        events.add("phase", at_us=3, name="heal")
    told = [(event["at_us"], event["kind"]) for event in heard]
    assert told == [(1, "phase"), (2, "breaker")]
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 3
