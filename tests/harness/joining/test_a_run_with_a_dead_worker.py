"""A whole run, from plan to report, whose load comes from two hosts; one of their workers is killed in the middle.

The platform is a fake API; everything of the harness is real: guard, engine, Locust, hand-over, merge, judge, reports.
"""

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import psutil
import pytest

from harness.core.database_controls import LogSources
from harness.core.evidence import Evidence
from harness.core.fault import ScheduledFault, Undo, Window
from harness.core.load import Load
from harness.core.scenario import Scenario
from harness.core.target import LoadExtras, Merchant
from harness.core.verdicts import Verdict
from harness.guard.session import HarnessSession
from harness.invariants import pick
from harness.joining import Gathering
from harness.judge import recheck
from harness.provision.processes.supervisor import Supervisor
from harness.run.engine import Run
from harness.run.plan import RunPlan, make_folder
from harness.run.session import Done, conclude
from harness.workspace import Workspace
from tests.harness.joining.ground import (
    API_PORT,
    JOIN_PORT,
    TOKEN,
    Ground,
    ground,
    wait_for,
    waits_for_answers,
    worker_of,
)
from tests.loadtests.stage import MERCHANTS

pytestmark = pytest.mark.real

GATHERING = Gathering("127.0.0.1", JOIN_PORT, 2, TOKEN)


class FakePlatform:
    """A target without a database and without gateways: what the engine asks for, and nothing to break."""

    name = "fake"
    load_extras = LoadExtras()
    surface: Any = SimpleNamespace(links=None, database=SimpleNamespace(nodes=lambda: (), log_sources=LogSources))
    api_urls: Mapping[str, str] = {"api1": f"http://127.0.0.1:{API_PORT}"}
    merchants = tuple(
        Merchant(item.id, item.api_key, item.currency, item.exponent, item.amount_form) for item in MERCHANTS
    )

    def reset(self) -> None:
        """There is nothing to empty."""

    def calm(self) -> str:
        return ""

    steady = healthy = calm

    def nothing(self, *_: object) -> Mapping[str, Any]:
        return {}

    backlog = facts = cpu = idle_transactions = groups = link_reasons = link_ports = nothing

    def none(self, *_: object) -> Sequence[Any]:
        return ()

    ledger = resolve = breakers = none

    def save_books(self, folder: Path) -> None:
        """There are no books."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path) as made:
        yield made


class Nothing:
    """A fault that breaks nothing."""

    name, place = "nothing", "nowhere"
    settings: Mapping[str, float | int | str] = MappingProxyType({})

    def undo(self, surface: object) -> Sequence[Undo]:
        return ()

    def inject(self, surface: object, seed: int) -> None:
        """There is nothing to break."""

    def hits(self, evidence: object, window: object) -> int:
        return 1


def plan_in(
    folder: Path, gathering: Gathering | None = GATHERING, *, duration_s: float = 15.0, faults: Any = ()
) -> RunPlan:
    load = Load(rate_per_s=40.0, duration_s=duration_s, mix={"sale": 1.0})
    return RunPlan(
        scenario_name="two_hosts",
        story="",
        scenario=Scenario("Two hosts", "They make one load.", load, pick("I7"), faults),
        seed=7,
        bug=None,
        target="fake",
        folder=make_folder(folder / "runs", "two_hosts", 7),
        load_workers=gathering.workers if gathering else 1,
        repeat="faultline run two_hosts --seed 7",
        gathering=gathering,
    )


def carried_out(plan: RunPlan, workspace: Workspace) -> Done:
    target: Any = FakePlatform()
    with HarnessSession(workspace, command="test") as guard:
        Run(plan, target, Supervisor(workspace), guard, lambda _: None).execute()
    return conclude(plan)


def test_the_verdict_says_who_died_and_its_requests_are_unknown(place: Ground) -> None:
    plan = plan_in(place.folder)
    hosts = {name: place.join(name) for name in ("survivor", "victim")}

    def kill() -> None:
        wait_for(lambda: place.lines(0) > 30 and place.lines(1) > 30)
        place.api.send_signal(signal.SIGSTOP)
        wait_for(lambda: all(waits_for_answers(place.folder / name) for name in hosts))
        worker_of(hosts["victim"]).kill()
        place.api.send_signal(signal.SIGCONT)

    killer = threading.Thread(target=kill)
    killer.start()
    done = carried_out(plan, Workspace(place.folder / "workspace"))
    killer.join()

    (lost,) = done.report.load.lost
    assert done.report.verdict is Verdict.INCONCLUSIVE
    assert lost.how == "was killed by SIGKILL"
    of_the_dead = f"FROM history WHERE worker = '{lost.worker}' AND kind <> 'final_read'"
    unknown = place.history(f"SELECT count(*) {of_the_dead} AND outcome = 'UNKNOWN' AND error = 'no_completion'")[0][0]
    assert unknown == lost.in_doubt > 5
    assert place.history(f"SELECT count(DISTINCT arrival) {of_the_dead}") == [(lost.planned - lost.never_made,)]  # type: ignore[operator]
    assert done.report.load.unknown >= unknown
    (reason,) = [reason for reason in done.report.reasons if "load worker" in reason]
    assert f"{unknown} of the requests that it sent have no answer and count as unknown" in reason
    assert "1 of them LOST" in done.text
    for name in ("report.html", "summary.md", "junit.xml", "report.txt"):
        assert "SIGKILL" in (plan.folder / name).read_text()
    again = recheck(plan.folder, judged_at="", judged_by="")
    assert (again.now.load.lost, again.changes) == ((lost,), ())
    assert not (place.folder / "workspace" / "load.json").exists()


@pytest.mark.parametrize("joined", [True, False])
def test_a_run_whose_only_worker_dies_goes_on_to_its_verdict(place: Ground, joined: bool) -> None:
    gathering = replace(GATHERING, workers=1) if joined else None
    late = (ScheduledFault(Nothing(), Window(22.0, 24.0)),)  # type: ignore[arg-type]
    plan = plan_in(place.folder, gathering, duration_s=25.0, faults=late)
    workspace = Workspace(place.folder / "workspace")
    host = place.join("host") if joined else None

    def kill() -> None:
        wait_for(lambda: place.lines(0) > 60)
        place.api.send_signal(signal.SIGSTOP)
        wait_for(lambda: waits_for_answers(place.folder / "host" if host else plan.folder))
        worker = worker_of(host) if host else psutil.Process(Supervisor(workspace).records["load"].pid)
        worker.kill()
        place.api.send_signal(signal.SIGCONT)

    killer = threading.Thread(target=kill)
    killer.start()
    done = carried_out(plan, workspace)
    killer.join()

    load, (lost,) = done.report.load, done.report.load.lost
    assert done.report.verdict is Verdict.INCONCLUSIVE
    assert lost.how == ("was killed by SIGKILL" if joined else "died")
    assert place.history("SELECT count(*) FROM history WHERE error = 'no_completion'") == [(lost.in_doubt,)]
    assert lost.in_doubt > 5
    made = place.history("SELECT count(DISTINCT arrival) FROM history WHERE kind <> 'final_read'")[0][0]
    assert (load.planned, load.workers, lost.never_made) == (lost.planned, 1, load.planned - made)
    assert load.planned - made > 500
    assert any(f"{lost.in_doubt} of the requests that it sent have no answer" in item for item in done.report.reasons)
    with Evidence(plan.folder) as evidence:
        phases = [event.detail["name"] for event in evidence.events_of("phase")]
        assert phases == ["reset", "steady", "load", "heal", "settle", "final_reads", "books"]
        assert [window[0] for window in evidence.fault_windows()] == ["nothing"]
        assert evidence.events_of("final_reads")[0].detail["references"] == made
