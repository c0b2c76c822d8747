"""On a system that does not tell of its attempts, hits are counted by what clients and the gateway's ledger say."""

import json
from pathlib import Path

import pytest

from faults.gateway_down import gateway_down
from faults.gateway_latency import gateway_latency
from faults.lost_answers import lost_answers
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Fault
from tests.harness.invariants.story import Story, at

BITE = Bite(at(5), at(10))


def evidence(folder: Path, story: Story) -> Evidence:
    story.plan = {"not_given": ["attempts", "attempt_transitions", "gateway_calls", "operations"]}
    return story.evidence()


def told(folder: Path) -> Story:
    """Two payments whose answer was lost (one was charged), one that was slow, and some that were neither."""
    story = Story(folder)
    for number, (at_s, outcome, lasting_s) in enumerate(
        [(1.0, "OK", 0.1), (6.0, "UNKNOWN", 1.0), (7.0, "UNKNOWN", 1.0), (8.0, "OK", 0.9), (12.0, "UNKNOWN", 1.0)]
    ):
        story.client("create", at_s, outcome=outcome, lasting_s=lasting_s, reference=f"order-{number}")
        if number != 2:
            common = {"gateway": "stripe", "charge_id": f"ch_{number}", "merchant_id": "m_alpha", "executed": True}
            story.add("gateway_charges", **common, reference=f"order-{number}", created_at_us=at(at_s + 0.05))
    return story


@pytest.mark.parametrize(
    ("fault", "hits"),
    [
        (lost_answers("stripe"), 2),
        (lost_answers("paypal"), 0),
        (gateway_down("stripe"), 2),
        (gateway_latency("stripe", latency_ms=800, jitter_ms=0), 3),
    ],
)
def test_hits_are_what_clients_and_the_ledger_saw_while_it_was_on(tmp_path: Path, fault: Fault, hits: int) -> None:
    with evidence(tmp_path, told(tmp_path)) as seen:
        assert fault.hits(seen, BITE) == hits


def charge(story: Story, reference: str, at_s: float, **values: object) -> None:
    common = {"gateway": "stripe", "charge_id": f"ch-{at_s}", "merchant_id": "m_alpha", "executed": True}
    story.add("gateway_charges", **{**common, "reference": reference, "created_at_us": at(at_s), **values})


def payment(story: Story, at_s: float, *, lasting_s: float = 0.05) -> None:
    """A payment that goes well, however long it takes."""
    reference = f"order-{at_s}"
    story.client("create", at_s, reference=reference, lasting_s=lasting_s)
    charge(story, reference, at_s + lasting_s / 2)


def declined(story: Story, at_s: float) -> None:
    story.client("create", at_s, outcome="FAILED", expect="decline", reference=f"declined-{at_s}")
    charge(story, f"declined-{at_s}", at_s + 0.02, executed=False, status="declined")


def race(story: Story, at_s: float, loses: int | None) -> None:
    """Requests for one key at once: one pays, the others are sent away with this status (None: cut off)."""
    reference = f"race-{at_s}"
    for _ in range(15):
        story.client("create", at_s, outcome="UNKNOWN", http_status=loses, reference=reference, lasting_s=0.2)
    story.client("create", at_s, reference=reference, lasting_s=0.1)
    charge(story, reference, at_s + 0.03)


EVERY = (lost_answers("stripe"), gateway_down("stripe"), gateway_latency("stripe", latency_ms=400, jitter_ms=100))


def hits_of(story: Story) -> list[int]:
    story.fault("a fault", "*-to-stripe", 5, 10)
    with evidence(story.folder, story) as seen:
        return [fault.hits(seen, BITE) for fault in EVERY]


def test_a_fault_that_nobody_felt_has_no_hits(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for at_s in (1.0, 2.0, 3.0, 6.0, 7.0):
        payment(story, at_s)
    assert hits_of(story) == [0, 0, 0]
    assert json.loads((tmp_path / "plan.json").read_text())["not_given"]


def test_a_declined_card_is_no_hit(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for at_s in (1.0, 2.0, 6.0, 7.0):
        payment(story, at_s)
        declined(story, at_s + 0.3)
    assert hits_of(story) == [0, 0, 0]


@pytest.mark.parametrize("loses", [409, 500, None])
def test_whoever_lost_a_race_was_not_hit_while_another_of_its_payment_was_answered(
    tmp_path: Path, loses: int | None
) -> None:
    story = Story(tmp_path)
    payment(story, 1.0)
    for at_s in (2.0, 6.0):
        race(story, at_s, loses)
    assert hits_of(story) == [0, 0, 0]


def test_an_answer_that_is_there_before_a_gateway_is_asked_is_no_hit(tmp_path: Path) -> None:
    """Neither "busy with this key" nor "accepted, not decided yet" waits for the gateway."""
    story = Story(tmp_path)
    payment(story, 1.0)
    for at_s, status in ((6.0, 409), (7.0, 202)):
        reference = f"order-{at_s}"
        story.client("create", at_s, outcome="UNKNOWN", http_status=status, reference=reference)
        charge(story, reference, at_s + 0.1)
        story.client("get", at_s + 0.2, reference=reference, got_status="captured")
    assert hits_of(story) == [0, 0, 0]


def test_a_system_that_is_always_slow_was_not_slowed(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for at_s in (1.0, 2.0, 3.0, 6.0, 7.0, 8.0):
        payment(story, at_s, lasting_s=0.8)
    assert hits_of(story) == [0, 0, 0]


def test_what_a_slow_system_takes_longer_for_than_usual_was_slowed(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for at_s in (1.0, 2.0, 3.0):
        payment(story, at_s, lasting_s=0.8)
    for at_s in (6.0, 7.0, 8.0):
        payment(story, at_s, lasting_s=1.15)
    assert hits_of(story)[2] == 3


@pytest.mark.parametrize("clock_s", [-0.9, 0.9])
def test_a_gateway_whose_clock_is_not_ours_makes_no_hits_and_hides_none(tmp_path: Path, clock_s: float) -> None:
    story = Story(tmp_path)
    for at_s in (2.0, 3.0, 6.5, 7.0):
        payment(story, at_s)
    story.client("create", 8.0, outcome="UNKNOWN", reference="lost", lasting_s=1.0)
    charge(story, "lost", 8.02)
    for row in story.rows["gateway_charges"]:
        row["created_at_us"] += round(clock_s * 1e6)
    assert hits_of(story) == [1, 1, 1]


def test_where_nothing_was_heard_of_before_the_fault_nothing_is_its_doing(tmp_path: Path) -> None:
    story = Story(tmp_path)
    payment(story, 6.0, lasting_s=2.0)
    assert hits_of(story) == [0, 0, 0]


def test_a_charge_that_nobody_asked_for_is_no_hit(tmp_path: Path) -> None:
    story = Story(tmp_path)
    payment(story, 1.0)
    charge(story, "somebody-else", 6.0)
    assert hits_of(story) == [0, 0, 0]


def test_a_ledger_that_shows_whole_seconds_shows_the_hits_all_the_same(tmp_path: Path) -> None:
    """What was charged in the fault's first second looks as if it were charged before it; it says nothing of usual."""
    story = Story(tmp_path)
    for number in range(90):
        at_s = 0.05 + number / 10
        lost = at_s >= 5.0
        reference = f"order-{number}"
        outcome = "UNKNOWN" if lost else "OK"
        story.client("create", at_s, outcome=outcome, http_status=202 if lost else 201, reference=reference)
        if lost:
            story.client("get", 12.0, reference=reference, got_status="captured")
        charge(story, reference, float(int(at_s)), charge_id=f"ch_{number}")
    with evidence(tmp_path, story) as seen:
        hits = lost_answers("stripe").hits(seen, Bite(at(5.3), at(10)))
    assert hits >= 30
