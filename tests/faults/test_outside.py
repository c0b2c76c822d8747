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


def test_a_fault_that_nobody_felt_has_no_hits(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.client("create", 6.0, reference="order-1")
    common = {"gateway": "stripe", "charge_id": "ch", "merchant_id": "m_alpha", "executed": True}
    story.add("gateway_charges", **common, reference="order-1", created_at_us=at(6.02))
    with evidence(tmp_path, story) as seen:
        assert [fault.hits(seen, BITE) for fault in (lost_answers("stripe"), gateway_down("stripe"))] == [0, 0]
    assert json.loads((tmp_path / "plan.json").read_text())["not_given"]
