"""A load worker that died: its share is told in every report, stored and read back, and judged the same again."""

import json
from pathlib import Path

from harness.core.evidence import Evidence
from harness.core.report import LostWorker
from harness.core.verdicts import Verdict
from harness.judge import build_report, judge, read_verdict, recheck, write_verdict
from harness.run.rendering import render_all
from tests.harness.invariants.days import sound_day
from tests.harness.invariants.story import Story

NEVER = LostWorker("1", "host-b", "was killed by SIGKILL", planned=50, never_made=49, in_doubt=1, complete=False)


def day_with_a_dead_worker(folder: Path) -> Story:
    """A sound day whose second load worker, on another host, was killed, and whose host then fell silent."""
    story = Story(folder)
    sound_day(story)
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "ready-1").write_text('{"planned": 50, "host": "ignored"}')
    account = {"worker": 1, "host": "host-b", "ended": "was killed by SIGKILL", "handed_over": False}
    (raw / "worker-1.json").write_text(json.dumps(account))
    story.client("get", 1.0, worker="1", arrival=9_000, outcome="UNKNOWN", error="no_completion", done_us=None)
    return story


def test_a_lost_worker_is_in_the_verdict_and_in_every_report(tmp_path: Path) -> None:
    story = day_with_a_dead_worker(tmp_path)
    with story.evidence() as evidence:
        judgement = judge(evidence, must_hold=[], should_meet=[], faults=[])
        report = build_report(evidence, judgement, judged_at="", judged_by="")
        texts = render_all(report, evidence)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.load.lost == (NEVER,)
    (reason,) = [reason for reason in judgement.reasons if "load worker" in reason]
    assert reason.startswith("load worker 1 on host-b was killed by SIGKILL: 49 of its 50 planned arrivals")
    assert reason.endswith("its last lines were not handed over, so what it sent last is not in the history")
    assert "1 of them LOST" in texts["text"]
    for text in texts.values():
        assert "host-b" in text
        assert "SIGKILL" in text

    write_verdict(report, tmp_path)
    assert read_verdict(tmp_path).load == report.load
    assert recheck(tmp_path, judged_at="", judged_by="").now.load.lost == (NEVER,)


def test_a_worker_that_died_before_it_could_say_what_it_planned_is_told_too(tmp_path: Path) -> None:
    story = day_with_a_dead_worker(tmp_path)
    (tmp_path / "raw" / "ready-1").write_text("")
    with story.evidence() as evidence:
        judgement = judge(evidence, must_hold=[], should_meet=[], faults=[])
    assert (judgement.load.lost[0].planned, judgement.load.lost[0].never_made) == (None, None)
    assert any("nobody knows how many arrivals it had planned" in reason for reason in judgement.reasons)


def test_workers_that_left_their_accounts_are_not_lost(tmp_path: Path) -> None:
    story = day_with_a_dead_worker(tmp_path)
    (tmp_path / "raw" / "load-1.json").write_text(json.dumps({"planned": 50, "completed": 50}))
    story.write()
    with Evidence(tmp_path) as evidence:
        assert judge(evidence, must_hold=[], should_meet=[], faults=[]).load.lost == ()
