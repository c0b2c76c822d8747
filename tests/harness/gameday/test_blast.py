"""How far a fault reaches: links from the topology, shares from the books, its last run from stored verdicts."""

import json
from pathlib import Path

import pytest

from harness.gameday.blast import LastRun, blast_of, last_run
from harness.gameday.ground import Traffic, ground_of, links_on
from harness.injecting.asking import Asked, made

GROUND = ground_of(links_on("embedded"))
TRAFFIC = Traffic(300, {"stripe": 80, "paypal": 20})


@pytest.mark.parametrize(
    ("asked", "share", "says"),
    [
        (Asked("gateway_down"), 0.8, "80% of the attempts"),
        (Asked("brownout", "paypal", {"share": "0.5"}), 0.1, "50% of them"),
        (Asked("gateway_killed", "paypal"), 0.2, "20% of the attempts"),
        (Asked("api_killed"), 0.5, "one of 2 API replicas"),
        (Asked("postgres_killed"), 1.0, "every payment is written"),
        (Asked("worker_killed"), 0.0, "no answer to a merchant waits"),
        (Asked("link_down", "worker-to-sink"), 0.0, "no answer to a merchant waits"),
    ],
)
def test_the_share_says_of_what_it_is(asked: Asked, share: float, says: str) -> None:
    blast = blast_of(made(asked), GROUND, TRAFFIC, None)
    assert blast.share == pytest.approx(share)
    assert says in blast.basis
    assert blast.calls


def test_one_callers_link_is_its_part_of_a_gateways_traffic() -> None:
    whole = blast_of(made(Asked("gateway_down")), GROUND, TRAFFIC, None)
    one = blast_of(made(Asked("gateway_down", "api1-to-stripe")), GROUND, TRAFFIC, None)
    assert one.calls == ("api1-to-stripe",)
    assert one.share == pytest.approx(0.8 / len(whole.calls))


def test_without_attempts_nobody_knows_the_share() -> None:
    assert blast_of(made(Asked("gateway_down")), GROUND, Traffic(), None).share is None


def test_the_newest_judged_run_with_the_fault_is_told(tmp_path: Path) -> None:
    for name, fault, hits in (("20260101-a", "gateway_down", 3), ("20260102-b", "brownout", 9), ("20260103-c", "x", 1)):
        (tmp_path / name).mkdir()
        document = {"verdict": "PASS", "faults": [{"name": fault, "hits": hits}]}
        (tmp_path / name / "verdict.json").write_text(json.dumps(document))
    (tmp_path / "20260104-torn").mkdir()
    (tmp_path / "20260104-torn" / "verdict.json").write_text("{")
    assert last_run("gateway_down", tmp_path) == LastRun("20260101-a", "PASS", 3)
    assert last_run("disk_full", tmp_path) is None
