"""The judge's rules, as tables: what makes a run FAIL, what makes it INCONCLUSIVE, and what does not matter."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Measurement, Objective, Undecided, Violation, Witness
from harness.core.report import FaultResult
from harness.core.verdicts import Verdict
from harness.judge import Judgement, judge
from tests.harness.invariants.story import Story, at


def invariant(
    name: str, *, violations: Sequence[Violation] = (), witness: int = 1, needs: str = "history"
) -> Invariant:
    return Invariant(
        name, f"{name} holds.", "safety", (needs,), Witness("things seen", 1, lambda _: witness), lambda _: violations
    )


def objective(name: str, value: float | None, met: bool) -> Objective:
    return Objective(name, f"{name} is kept", lambda _: Measurement(value, f"{value}", met))


def fault(hits: int) -> FaultResult:
    return FaultResult("gateway_down", "*-to-stripe", "link", 1.0, 2.0, hits)


BROKEN = Violation("order-1", "order-1 was charged twice", {"EUR": 100}, "order-1", 2)


def judged(
    story: Story,
    invariants: Sequence[Invariant] = (),
    objectives: Sequence[Objective] = (),
    faults: Sequence[FaultResult] = (),
) -> Judgement:
    for number in range(20):
        story.client("create", 0.1 + number * 0.05, reference=f"order-{number}")
    with story.evidence() as evidence:
        return judge(evidence, must_hold=["A"], should_meet=objectives, faults=faults, invariants=invariants)


SYNCHRONOUS = {"synchronous_commit": "on", "synchronous_standby_names": "pg-b", "fsync": "on"}
SESSIONS = "synchronous_commit of the platform's sessions"


@pytest.mark.parametrize(
    ("weakened", "verdict", "said"),
    [
        ({}, Verdict.PASS, ""),
        ({"synchronous_commit": "remote_apply"}, Verdict.PASS, ""),
        ({"synchronous_commit": "off"}, Verdict.INCONCLUSIVE, "synchronous_commit is off"),
        ({SESSIONS: "local"}, Verdict.INCONCLUSIVE, f"{SESSIONS} is local"),
        ({"synchronous_standby_names": ""}, Verdict.INCONCLUSIVE, "there is no synchronous standby"),
        ({"fsync": "off"}, Verdict.INCONCLUSIVE, "fsync is off"),
    ],
)
def test_weakened_durability_never_passes(
    tmp_path: Path, weakened: dict[str, str], verdict: Verdict, said: str
) -> None:
    story = Story(tmp_path, plan={"settings": {"durability": SYNCHRONOUS | weakened}})
    found = judged(story, [invariant("A")])
    assert found.verdict is verdict
    assert said in " ".join(found.reasons)


@pytest.mark.parametrize(
    ("invariants", "objectives", "verdict", "said"),
    [
        ([invariant("A")], [], Verdict.PASS, []),
        ([invariant("A", violations=[BROKEN])], [], Verdict.FAIL, ["A is violated once: A holds."]),
        ([invariant("A"), invariant("B", violations=[BROKEN] * 2)], [], Verdict.FAIL, ["B is violated 2 times"]),
        (
            [invariant("A", witness=0)],
            [],
            Verdict.INCONCLUSIVE,
            ["A was demanded, but is not put to the test: 0 things"],
        ),
        ([invariant("A"), invariant("B", witness=0)], [], Verdict.PASS, []),
        ([invariant("A", needs="payslips")], [], Verdict.INCONCLUSIVE, ["A was demanded, but is missing: payslips"]),
        ([invariant("A"), invariant("B", needs="payslips")], [], Verdict.PASS, []),
        ([invariant("A")], [objective("speed", 1.0, True)], Verdict.PASS, []),
        ([invariant("A")], [objective("speed", 9.0, False)], Verdict.FAIL, ["speed is kept: missed (9.0)"]),
        ([invariant("A")], [objective("speed", None, False)], Verdict.INCONCLUSIVE, ["speed is kept: could not be"]),
        (
            [invariant("A", violations=[BROKEN], witness=0)],
            [objective("speed", None, False)],
            Verdict.FAIL,
            ["A is violated", "could not be measured"],
        ),
    ],
)
def test_the_verdict_follows_from_invariants_and_promises(
    tmp_path: Path, invariants: list[Invariant], objectives: list[Objective], verdict: Verdict, said: list[str]
) -> None:
    found = judged(Story(tmp_path), invariants, objectives)
    assert found.verdict is verdict
    assert len(found.reasons) == len(said)
    for reason, part in zip(found.reasons, said, strict=True):
        assert part in reason


def unsettled(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "settled", "seconds": 60.0, "backlog": {"unknown_attempts": 3}})


def unasked(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "settled", "seconds": 60.0, "backlog": {}, "reason": "no answer"})


def unread(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "final_reads", "references": 9, "unread": 4, "finished": False})


def late(story: Story) -> None:
    story.certificate = {"lag_p99_ms": 51.0}


def dropping(story: Story) -> None:
    story.certificate = {"planned": 1000, "completed": 989, "dropped": 11}


def forgetful(story: Story) -> None:
    story.certificate = {"planned": 12}


def starved(story: Story) -> None:
    story.plan = {"load": {"rate_per_s": 5, "duration_s": 20, "workers": 1, "minimum_ok": 21}}


def alone(story: Story) -> None:
    story.plan = {"load": {"rate_per_s": 5, "duration_s": 20, "workers": 2, "minimum_ok": 1}}


def broken_before(story: Story) -> None:
    story.plan = {"load": {"rate_per_s": 50, "duration_s": 20, "workers": 1, "minimum_ok": 1}}
    story.fault("gateway_down", "*-to-stripe", 5.0, 8.0)


def not_injected(story: Story) -> None:
    story.plan = {"faults": [{"name": "gateway_down", "place": "*-to-stripe", "from_s": 1, "to_s": 2}]}


def unreached(story: Story) -> None:
    story.plan = {"bug": "B07"}
    story.events.append({"at_us": at(30), "kind": "bug", "bug": "B07", "reached": 0})


def reach_unknown(story: Story) -> None:
    story.plan = {"bug": "B07"}


def retold(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "history_merged", "repeated_lines": 2, "stray_completes": 0})


def astray(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "history_merged", "repeated_lines": 0, "stray_completes": 3})


def restless(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "steady_again", "seconds": 20.0, "reason": "api2 is not healthy"})


def uncontrolled(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "control_failed", "what": "breakers", "error": "refused"})


def bereft(story: Story) -> None:
    """The second worker died: it had planned 50 arrivals, made 2, and has no answer to one request of them."""
    alone(story)
    raw = story.folder / "raw"
    raw.mkdir(parents=True)
    (raw / "ready-1").write_text('{"planned": 50, "host": "host-b"}')
    story.client("create", 1.0, worker="1", arrival=900, reference="order-of-the-dead")
    story.client("create", 1.1, worker="1", arrival=901, outcome="UNKNOWN", error="no_completion", done_us=None)
    (raw / "locust-stats.json").write_text('{"total": {"requests": 20}}')


def mistimed(story: Story) -> None:
    (story.folder / "raw").mkdir(parents=True)
    account = {"worker": 0, "host": "host-b", "clock_error_us": 30_000, "clock_drift_us": -40_000}
    (story.folder / "raw" / "worker-0.json").write_text(json.dumps(account))


def belated(story: Story) -> None:
    story.events.append({"at_us": at(40), "kind": "gathered_late", "files": ["history-1.jsonl"]})


def miscounted(story: Story) -> None:
    (story.folder / "raw").mkdir(parents=True)
    (story.folder / "raw" / "locust-stats.json").write_text('{"total": {"requests": 25}}')


def reads_lost(story: Story) -> None:
    story.events.append({"at_us": at(30), "kind": "final_reads", "references": 9, "unread": 0, "finished": True})


DOUBTS: list[tuple[Callable[[Story], None], str]] = [
    (unsettled, "settling timed out after 60 s with 3 unknown_attempts left"),
    (unasked, "nobody knows whether everything had settled: no answer"),
    (unread, "the final reads did not finish"),
    (late, "the load generator fell behind: p99 lag 51.0 ms"),
    (dropping, "dropped 11 of 1000 arrivals"),
    (forgetful, "2 of 12 planned arrivals are unaccounted for"),
    (starved, "too little succeeded to mean anything: 20 operations, at least 21 needed"),
    (alone, "only 1 of 2 load workers"),
    (bereft, "load worker 1 on host-b died: 48 of its 50 planned arrivals were never made, 1 of the requests that it"),
    (mistimed, "the clock of load worker 0 on host-b is known to 70 ms only, at most 50 ms allowed"),
    (belated, "history-1.jsonl came after the final reads"),
    (broken_before, "before the first fault only 20 operations succeeded in 5.0 s, at least 75 needed"),
    (not_injected, "of 1 planned faults only 0 were injected and healed"),
    (retold, "2 lines of the raw history tell of an attempt again"),
    (astray, "3 answers in the raw history belong to no request"),
    (restless, "the platform was not steady again: api2 is not healthy"),
    (uncontrolled, "a control of the run failed (what: breakers, error: refused)"),
    (miscounted, "Locust counted 25 requests, but the history holds 20 attempts"),
    (reads_lost, "9 payments were read once more, but the history holds only 0 of these reads"),
    (unreached, "planted bug B07 was never reached"),
    (reach_unknown, "nobody knows whether bug B07 was reached"),
]


@pytest.mark.parametrize(("spoil", "said"), DOUBTS, ids=lambda item: getattr(item, "__name__", None))
def test_a_doubt_about_the_run_makes_it_inconclusive(tmp_path: Path, spoil: Callable[[Story], None], said: str) -> None:
    story = Story(tmp_path)
    spoil(story)
    found = judged(story, [invariant("A")])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert len(found.reasons) == 1
    assert said in found.reasons[0]


@pytest.mark.parametrize(
    ("kind", "too_late", "name", "verdict"),
    [
        ("liveness", True, "speed", Verdict.INCONCLUSIVE),
        ("liveness", False, "speed", Verdict.FAIL),
        ("safety", True, "speed", Verdict.FAIL),
        ("liveness", True, "unknowns_resolved(p95_s=1)", Verdict.FAIL),
    ],
)
@pytest.mark.parametrize("spoil", [late, dropping, forgetful])
def test_what_only_time_tells_is_left_open_when_the_generator_was_late(
    tmp_path: Path,
    kind: Literal["safety", "liveness"],
    too_late: bool,
    name: str,
    verdict: Verdict,
    spoil: Callable[[Story], None],
) -> None:
    story = Story(tmp_path)
    spoil(story)
    broken = replace(invariant("A", violations=[replace(BROKEN, timed=too_late)]), kind=kind)
    missed = [objective(timed, 9.0, False) for timed in ("availability()", "latency()", "switched()", "recovered()")]
    missed += [objective(name, 9.0, name == "speed")]
    found = judged(story, [broken], missed)
    assert found.verdict is verdict
    assert {item.verdict for item in found.objectives[:4]} == {Verdict.INCONCLUSIVE}
    assert found.invariants[0].violations == 1


def test_a_violation_outweighs_every_doubt(tmp_path: Path) -> None:
    story = Story(tmp_path)
    unsettled(story)
    assert judged(story, [invariant("A", violations=[BROKEN])]).verdict is Verdict.FAIL


@pytest.mark.parametrize(("hits", "verdict"), [(0, Verdict.INCONCLUSIVE), (1, Verdict.PASS)])
def test_a_fault_that_hit_nothing_proves_nothing(tmp_path: Path, hits: int, verdict: Verdict) -> None:
    found = judged(Story(tmp_path), [invariant("A")], faults=[fault(hits)])
    assert found.verdict is verdict
    assert found.faults == (fault(hits),)


def test_a_harness_that_stood_still_is_named_and_blames_nobody(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.events.append({"at_us": at(27.0), "kind": "stood_still", "seconds": 20.4})
    found = judged(story, [invariant("A", violations=[BROKEN])], faults=[fault(0)])
    assert found.verdict is Verdict.INCONCLUSIVE
    told = "the harness stood still for about 20 s, until 27.0 s after the load began, and its guard healed every "
    assert f"{told}fault and ended the load, so everything here is partial" in found.reasons
    assert not any("hit nothing" in reason for reason in found.reasons)


def test_a_run_without_any_history_is_inconclusive_not_a_crash(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.without = {"history"}
    found = judged(story, [invariant("A")], [objective("speed", 1.0, True)])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.load.ok == 0
    assert "the clients' history is missing" in found.reasons


def test_the_examples_shown_are_the_smallest_and_money_is_added_by_currency(tmp_path: Path) -> None:
    many = [Violation(f"s{n}", "what", {"EUR": n, "JPY": 1}, size=10 - n) for n in range(1, 9)]
    [finding] = judged(Story(tmp_path), [invariant("A", violations=many)]).invariants
    assert finding.violations == 8
    assert [example.subject for example in finding.examples] == ["s8", "s7", "s6", "s5", "s4"]
    assert finding.money_at_risk == {"EUR": 36, "JPY": 8}


def test_an_operation_counts_once_with_all_its_attempts(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.client("create", 1.0, outcome="UNKNOWN", op="x", attempt=1)
    story.client("create", 2.0, outcome="OK", op="x", attempt=2)
    story.client("create", 1.0, outcome="UNKNOWN", op="y", attempt=1)
    story.client("create", 2.0, outcome="FAILED", op="y", attempt=2)
    story.client("create", 2.0, outcome="FAILED", op="z")
    load = judged(story, [invariant("A")]).load
    assert (load.ok, load.unknown, load.failed) == (21, 1, 1)


def test_what_was_unknown_at_its_answer_and_told_by_a_later_read_counts_as_learnt(tmp_path: Path) -> None:
    story = Story(tmp_path)
    doubt: dict[str, object] = {"outcome": "UNKNOWN", "http_status": 202}
    for name, status in (("p1", "expired"), ("p2", "captured"), ("p3", "requires_action")):
        story.client("create", 1.0, op=name, got_payment_id=name, got_status="requires_action", **doubt)
        story.client("get", 5.0, op=f"{name}-seen", got_payment_id=name, got_status=status)
    story.client("create", 1.0, op="lost", outcome="UNKNOWN", reference="lost", error="timeout")
    story.client("final_read", 9.0, reference="lost", got_payment_id="p4", got_status="captured")
    story.client("create", 1.0, op="gone", outcome="UNKNOWN", reference="gone", error="timeout")
    story.client("create", 1.0, op="never", outcome="UNKNOWN", reference="never", error="timeout")
    story.client("list", 5.0, reference="gone")
    story.client("final_read", 9.0, reference="never")
    for name, status in (("r1", "succeeded"), ("r2", "pending")):
        story.client("refund", 2.0, op=name, payment_id="p2", got_refund_id=name, got_status="pending", **doubt)
        story.client("get_refund", 5.0, op=f"{name}-seen", got_refund_id=name, got_status=status)
    story.client("capture", 2.0, op="c1", payment_id="p2", outcome="UNKNOWN")
    story.client("get", 3.0, op="c1-seen", got_payment_id="p2", got_captured_minor=1000, got_status="captured")
    story.client("void", 2.0, op="v1", payment_id="p3", outcome="UNKNOWN")
    load = judged(story, [invariant("A")]).load
    assert (load.unknown, load.learnt) == (10, 6)


def test_demanding_an_invariant_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with Story(tmp_path).evidence() as evidence, pytest.raises(UsageError, match="unknown invariant: 'I99'"):
        judge(evidence, must_hold=["I99"], should_meet=[], faults=[])


def test_judging_twice_says_the_same(tmp_path: Path) -> None:
    story = Story(tmp_path)
    first = judged(story, [invariant("A")])
    with Evidence(tmp_path) as evidence:
        again = judge(evidence, must_hold=["A"], should_meet=[], faults=[], invariants=[invariant("A")])
    assert first.reasons == again.reasons
    assert first.load == again.load


def test_there_is_no_calm_until_a_fault_that_failed_was_taken_back(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.fault("gateway_down", "*-to-stripe", 1.0, 2.0)
    told = {"fault_id": "primary_frozen-2", "fault": "primary_frozen", "place": "primary", "begun_us": at(3.0)}
    story.events.append({"at_us": at(8.0), "kind": "fault_failed", **told})

    with story.evidence() as evidence:
        assert evidence.last_heal_us == at(8.0)
        assert [name for name, *_ in evidence.fault_windows()] == ["gateway_down"]


def test_what_says_neither_yes_nor_no_is_open_and_what_was_not_tested_is_called_so(tmp_path: Path) -> None:
    def undecided(_: Evidence) -> Sequence[Violation]:
        raise Undecided("nobody looked in time")

    told = [replace(invariant(name, witness=count), violations=undecided) for name, count in (("A", 5), ("B", 0))]
    found = judged(Story(tmp_path), told)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert [item.reason for item in found.invariants] == [
        "not decided: nobody looked in time",
        "not put to the test: 0 things seen; at least 1 needed",
    ]
