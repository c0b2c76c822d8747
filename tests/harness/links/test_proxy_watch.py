"""A real Toxiproxy that stands still is noticed by whoever asks it, with the span of its silence."""

import json
import time
from pathlib import Path

import pytest

from harness.run.events import EventLog, now_us
from harness.run.proxy_watch import SILENT_S, ProxyWatch
from tests.harness.links.conftest import Rig

pytestmark = pytest.mark.real


def silences(path: Path) -> list[dict[str, int]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_proxy_that_stood_still_leaves_its_silence_in_the_diary(rig: Rig, tmp_path: Path) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    watch = ProxyWatch(rig.links, events)
    watch.start()
    time.sleep(1.0)
    began_us = now_us()
    rig.freeze()
    time.sleep(SILENT_S + 1.0)
    assert rig.links._respawn is not None
    rig.links._respawn()
    ended_us = now_us()
    rig.links.create_all()
    until = time.monotonic() + 10
    while not silences(tmp_path / "events.jsonl") and time.monotonic() < until:
        time.sleep(0.05)
    watch.stop()
    events.close()
    [silence] = silences(tmp_path / "events.jsonl")
    assert silence["kind"] == "proxy_silent"
    assert silence["at_us"] <= began_us + 300_000
    assert silence["until_us"] >= began_us + (SILENT_S + 1.0) * 1e6
    assert silence["until_us"] <= ended_us + 5_000_000


def test_a_proxy_that_answers_leaves_nothing(rig: Rig, tmp_path: Path) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    watch = ProxyWatch(rig.links, events)
    watch.start()
    time.sleep(1.5)
    watch.stop()
    events.close()
    assert silences(tmp_path / "events.jsonl") == []


def test_links_whose_server_cannot_be_asked_are_not_watched(tmp_path: Path) -> None:
    events = EventLog(tmp_path / "events.jsonl")
    watch = ProxyWatch(object(), events)
    watch.start()
    watch.stop()
    events.close()
    assert silences(tmp_path / "events.jsonl") == []
