"""What is judged of a system that is not ours: each finding once, each sum once, not knowing told apart from no."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from faults.lost_answers import lost_answers
from harness.core.adapter import Charge, Record, Seen, Tells, Word
from harness.core.evidence import REPLAY_MARKS, VERSIONS, Evidence
from harness.core.fault import ScheduledFault, Window
from harness.core.verdicts import Verdict
from harness.invariants import pick
from harness.judge import build_report, fault_results, judge, read_verdict, write_verdict
from harness.judge.findings import find, money_at_risk
from harness.targets.remote.books import save
from harness.targets.remote.checking import checked_records, checked_seen
from harness.targets.remote.target import RemoteTarget
from harness.workspace import Workspace
from reports import wording
from reports.formats import html, text
from tests.harness.invariants.days import sound_day
from tests.harness.invariants.story import BOOKS, Story, at
from tests.harness.targets.remote.fake import Bookkeeping, Listing

GIVEN = {"gateway_charges", "gateway_movements", "payments", "operations", "attempts", "states", REPLAY_MARKS}
NOT_GIVEN = sorted({*BOOKS, REPLAY_MARKS, VERSIONS} - GIVEN)
FAULT = ScheduledFault(lost_answers("stripe"), Window(4.0, 9.0))


def outside(story: Story, *also_not_given: str) -> Evidence:
    story.plan = {"not_given": sorted({*NOT_GIVEN, *also_not_given}), **story.plan}
    return story.evidence()


def unread(story: Story, *tables: str) -> None:
    """What `payments()` and `charges()` would have told could not be read."""
    methods = {name: "charges()" if name.startswith("gateway_") else "payments()" for name in tables}
    lacking = dict.fromkeys(methods.values(), "ReadTimeout")
    story.events.append({"at_us": at(30), "kind": "books_saved", "lacking": lacking, "unread": methods})
    story.without |= {*tables}


# Nobody knows is not the same as no


def test_a_ledger_that_could_not_be_read_leaves_the_hits_not_known(tmp_path: Path) -> None:
    story = Story(tmp_path)
    sound_day(story)
    story.fault("lost_answers", "*-to-stripe", 4.0, 9.0)
    unread(story, "gateway_charges", "gateway_movements")
    with outside(story) as evidence:
        [result] = fault_results(evidence, [FAULT])
        judgement = judge(evidence, must_hold=["I1"], should_meet=[], faults=[result])
        report = build_report(evidence, judgement, judged_at="2027-01-15T08:01:00Z", judged_by="test")
        told = [render(report, evidence) for render in (text.render, html.render)]
    assert (result.hits, result.not_known) == (0, "the gateway's charges could not be read")
    assert wording.fault(result).endswith("hits not known: the gateway's charges could not be read")
    assert report.verdict is Verdict.INCONCLUSIVE
    reason = "nobody knows what fault lost_answers at *-to-stripe hit: the gateway's charges could not be read"
    assert reason in report.reasons
    assert not any("broke nothing" in shown or "hit nothing" in shown for shown in told)
    write_verdict(report, tmp_path)
    assert read_verdict(tmp_path).faults[0].not_known == result.not_known


def test_a_fault_that_broke_nothing_is_still_called_that(tmp_path: Path) -> None:
    story = Story(tmp_path)
    sound_day(story)
    story.fault("lost_answers", "*-to-stripe", 18.0, 19.0)
    with outside(story) as evidence:
        [result] = fault_results(evidence, [FAULT])
    assert (result.hits, result.not_known) == (0, "")
    assert wording.hits(result) == "NO HITS: it broke nothing"


# What is not judged hangs on what the adapter can give, and on nothing else


@pytest.mark.parametrize("late", [False, True])
def test_what_is_not_judged_does_not_hang_on_whether_the_books_came_in_time(tmp_path: Path, late: bool) -> None:
    story = Story(tmp_path)
    sound_day(story)
    if late:
        unread(story, "payments", "operations")
    with outside(story, "attempts") as evidence:
        found = {name: find(evidence, pick(name)[0], required=True) for name in ("I2", "I4", "I15")}
    assert {name: item.judged for name, item in found.items()} == {"I2": True, "I4": False, "I15": False}
    assert found["I4"].reason == "not judged: the target does not give attempts"


def test_what_could_not_be_read_says_so_and_says_it_once(tmp_path: Path) -> None:
    story = Story(tmp_path)
    sound_day(story)
    unread(story, "payments", "operations")
    with outside(story) as evidence:
        found = find(evidence, pick("I2")[0], required=True)
        judgement = judge(evidence, must_hold=["I2"], should_meet=[], faults=[])
        report = build_report(evidence, judgement, judged_at="2027-01-15T08:01:00Z", judged_by="test")
        told = " ".join(text.render(report, evidence).split())
    assert found.reason.startswith("missing: ")
    assert found.reason.endswith(", for payments() could not be read")
    assert "missing: missing" not in told
    assert "missing: payments" in told or "missing: operations" in told


# One finding for each key, and money once


def test_a_key_that_was_executed_again_is_one_finding_with_the_ledgers_money(tmp_path: Path) -> None:
    """Told by its two operations, by its two fresh replies, and by the ledger: 19.99 too much."""
    story = Story(tmp_path)
    paid = story.sale()
    twin = story.sale(1.2, reference=paid.reference, key=paid.key)
    for row in story.rows["operations"]:
        row["idempotency_key"] = ""  # as of a system that knows no keys
    with outside(story) as evidence:
        violations = pick("I8")[0].violations(evidence)
    assert [item.subject for item in violations] == [paid.reference]
    assert money_at_risk(violations) == {"EUR": 1999}
    assert twin.payment_id != paid.payment_id


def test_sixteen_racers_that_were_all_charged_are_one_finding_and_fifteen_times_the_money(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.sale()
    for number in range(15):
        story.sale(1.0 + number / 100, reference=paid.reference, key=paid.key)
    with outside(story) as evidence:
        violations = pick("I8")[0].violations(evidence)
    assert len(violations) == 1
    assert money_at_risk(violations) == {"EUR": 15 * 1999}


def test_a_key_that_another_payment_was_accepted_under_costs_that_payment(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.sale()
    story.sale(2.0, key=paid.key, amount_minor=700)
    with outside(story) as evidence:
        violations = pick("I8")[0].violations(evidence)
    assert len(violations) == 1
    assert money_at_risk(violations) == {"EUR": 700}


def test_two_fresh_replies_about_one_charge_are_a_finding_without_money(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.sale()
    story.create(paid, 1.5, body_sha256=paid.body)
    with outside(story) as evidence:
        violations = pick("I8")[0].violations(evidence)
    assert len(violations) == 1
    assert money_at_risk(violations) == {}


# PENDING is not decided yet


def pending(story: Story, paid: object, at_s: float, **values: object) -> None:
    story.create(  # type: ignore[arg-type]
        paid, at_s, "processing",
        **{"outcome": "UNKNOWN", "http_status": 202, "got_payment_id": paid.payment_id, **values},  # type: ignore[attr-defined]
    )  # fmt: skip


def test_an_answer_that_was_pending_and_is_decided_later_breaks_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.sale(2.0)
    pending(story, paid, 1.0)
    pending(story, paid, 1.5, replayed=True)
    story.replay(paid, 3.0)
    with outside(story) as evidence:
        found = {item.id: item.violations(evidence) for item in pick("I7", "I8")}
    assert found == {"I7": [], "I8": []}


@pytest.mark.parametrize("status", [201, 402])
def test_whoever_was_told_of_a_decision_is_not_told_pending_again(tmp_path: Path, status: int) -> None:
    story = Story(tmp_path)
    paid = story.sale(1.0)
    story.rows["history"][-1]["http_status"] = status
    pending(story, paid, 2.0)
    with outside(story) as evidence:
        [violation] = pick("I7")[0].violations(evidence)
    assert "was decided, and was said to be pending afterwards" in violation.what


def test_pending_about_another_payment_is_another_payment(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.sale(2.0)
    pending(story, paid, 1.0, got_payment_id="pay-other")
    with outside(story) as evidence:
        [violation] = pick("I8")[0].violations(evidence)
    assert "about the payments" in violation.what


def test_our_own_api_stores_a_202_like_any_other_answer(tmp_path: Path) -> None:
    story = Story(tmp_path)
    paid = story.sale(2.0)
    pending(story, paid, 1.0)
    with story.evidence() as evidence:
        assert [len(item.violations(evidence)) for item in pick("I7", "I8")] == [1, 1]


# Who repeated it


@pytest.mark.parametrize(
    ("sends", "told"),
    [
        (1, "is charged 3 times (the client sent it once: whoever stands behind the client repeated it), and nothing"),
        (3, "is charged 3 times (the client sent it 3 times), and nothing"),
    ],
)
def test_a_double_charge_says_how_often_the_client_sent_it(tmp_path: Path, sends: int, told: str) -> None:
    story = Story(tmp_path)
    paid = story.sale()
    for number in range(2):
        story.charge(paid, 1.1 + number / 10)
    for number in range(1, sends):
        story.create(paid, 1.0 + number, outcome="UNKNOWN", attempt=number + 1)
    with outside(story) as evidence:
        [violation] = pick("I1")[0].violations(evidence)
    assert told in violation.what


def test_the_events_of_a_run_name_what_could_not_be_read(tmp_path: Path) -> None:
    story = Story(tmp_path)
    unread(story, "gateway_charges")
    story.evidence().close()
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["unread"] for line in lines if line["kind"] == "books_saved"] == [{"gateway_charges": "charges()"}]


# What it was asked


def test_looks_and_what_the_adapter_could_not_read_are_counted_and_told(tmp_path: Path) -> None:
    story = Story(tmp_path)
    sound_day(story)
    paid = story.sale(9.0)
    for number in range(3):
        story.client("list", 10.0 + number, merchant_id=paid.merchant_id, expect="any")
    story.client("create", 12.0, outcome="UNKNOWN", http_status=500, error_code="adapter_failed", reference="lost")
    asked = {"looks": 40, "payments()": 7}
    story.events.append({"at_us": at(30), "kind": "books_saved", "asked": asked})
    with outside(story) as evidence:
        judgement = judge(evidence, must_hold=["I1"], should_meet=[], faults=[])
        report = build_report(evidence, judgement, judged_at="2027-01-15T08:01:00Z", judged_by="test")
        told = " ".join(text.render(report, evidence).split())
    assert (report.load.looks, report.load.unreadable, report.load.asked) == (3, 1, asked)
    assert "looks after payments of unknown fate: 3 by clients" in told
    assert "asked by the harness itself: 40 looks, 7 payments()" in told
    assert "1 answer that the adapter could not read (logs/load.log has the first)" in told


def test_nothing_is_said_of_looks_at_our_own_platform(tmp_path: Path) -> None:
    story = Story(tmp_path)
    sound_day(story)
    story.client("list", 10.0, expect="any")
    with story.evidence() as evidence:
        load = judge(evidence, must_hold=["I1"], should_meet=[], faults=[]).load
    assert (load.looks, load.unreadable, wording.questions(load)) == (0, 0, "")


def test_one_currency_is_one_however_it_is_spelled(tmp_path: Path) -> None:
    seen = Seen(Word.PAID, "p1", 100, "eur")
    record = Record("p1", "order", Word.PAID, 100, "eur", charge_id="ch")
    charge = Charge("ch", "order", 100, "Eur", at(1))
    assert (checked_seen([seen])[0].currency, checked_records([record], ["stripe"])[0].currency) == ("EUR", "EUR")
    save(tmp_path / "books", Bookkeeping(tells=frozenset({Tells.CHARGES})), [charge], [record])
    for table in ("gateway_charges", "payments", "operations", "attempts"):
        assert pq.read_table(tmp_path / "books" / f"{table}.parquet").column("currency").to_pylist() == ["EUR"]
    adapter = Listing()
    adapter.currency = "eur"
    (tmp_path / "adapter.py").write_text("")
    target = RemoteTarget(Workspace(tmp_path / "ws"), adapter, tmp_path / "adapter.py")
    assert [merchant.currency for merchant in target.merchants] == ["EUR"]


def test_books_that_tell_no_keys_are_not_held_against_them(tmp_path: Path) -> None:
    """Two merchants used one key and both got a payment of their own; whose key it was, the books do not say."""
    story = Story(tmp_path)
    mine = story.sale()
    story.sale(2.0, merchant_id="m_delta", key=mine.key)
    for row in story.rows["operations"]:
        row["idempotency_key"] = ""
    with outside(story) as evidence:
        assert pick("I11")[0].violations(evidence) == []
