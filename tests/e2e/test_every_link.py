"""Every link is cut under load, one after the other: each cut hits calls, or the run says why nothing crossed it."""

from collections.abc import Mapping

import pytest

from faults.decline_storm import decline_storm
from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.link_down import link_down
from harness.core.fault import ScheduledFault
from harness.core.report import FaultResult, Report
from harness.core.scenario import Scenario
from harness.core.verdicts import Verdict
from harness.promises import DURABILITY
from harness.provision.ports import LINKS
from harness.run.plan import RunPlan, make_folder
from harness.run.session import open_session
from harness.targets.registry import KINDS
from harness.targets.topology import GATEWAYS
from loadtests.workloads import steady_checkout
from tests.e2e.conftest import BASE_PORT

pytestmark = [pytest.mark.e2e, pytest.mark.thorough, pytest.mark.timeout(900)]

FIRST_S, CUT_S, PAUSE_S = 5.0, 2.0, 2.0
STRIDE = 6
"""Neighbours in time are links of different callers, so that the searches of one cut are over by the next."""
LASTING_S = FIRST_S + (CUT_S + PAUSE_S) * len(LINKS) + 5.0


def cuts() -> list[ScheduledFault]:
    """Return a cut of each link, each in a window of its own."""
    order = [pair for first in range(STRIDE) for pair in LINKS[first::STRIDE]]
    begins = (FIRST_S + (CUT_S + PAUSE_S) * place for place in range(len(order)))
    return [link_down("-to-".join(pair)).between(at, at + CUT_S) for pair, at in zip(order, begins, strict=True)]


def doubts() -> list[ScheduledFault]:
    """Return what keeps the other gateways and the worker busy: declines, lost answers, and events that never come."""
    faults = [
        fault
        for name in ("stripe", "paypal")
        for fault in (decline_storm(name, share=0.5, retryable=True), dropped_webhooks(name, share=0.5))
    ]
    faults += [execute_then_drop(name, share=0.2) for name in GATEWAYS]
    return [fault.between(1.0, LASTING_S - 1.0) for fault in faults]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run on one warm platform."""
    folder = tmp_path_factory.mktemp("links")
    scenario = Scenario(
        title="Every link is cut in turn",
        claim="Whatever link is cut, somebody can tell, or the topology says why nobody can.",
        load=steady_checkout(payments_per_second=8, lasting=LASTING_S),
        faults=[*cuts(), *doubts()],
        must_hold=DURABILITY,
        # A breaker that opens keeps calls away from links that are to be cut.
        platform={"breaker_min_failures": "100000", "gateways": ",".join(GATEWAYS)},
    )
    plan = RunPlan(
        scenario_name="every_link", story="", scenario=scenario, seed=1, bug=None, target="embedded",
        folder=make_folder(folder / "runs", "every_link", 1), load_workers=1, repeat="",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULTLINE_WORKSPACE", str(folder / "workspace"))
        with open_session(KINDS["embedded"], base_port=BASE_PORT + 200, progress=lambda _: None) as session:
            return session.run(plan).report


@pytest.fixture(scope="module")
def cut(report: Report) -> Mapping[str, FaultResult]:
    """What each cut came to, by its link."""
    return {result.place: result for result in report.faults if result.name == "link_down"}


def test_each_link_was_cut_and_was_hit_or_says_why_nothing_crossed_it(cut: Mapping[str, FaultResult]) -> None:
    for place, result in sorted(cut.items()):
        print(f"{place}: {result.hits or result.why_nothing}")
    assert set(cut) == {"-to-".join(pair) for pair in LINKS}
    silent = [place for place, result in cut.items() if not result.hits and not result.why_nothing]
    assert silent == []


def test_what_payments_need_is_hit(cut: Mapping[str, FaultResult]) -> None:
    """Both replicas' and the worker's ways to every gateway, their events, the merchants' events."""
    needed = [f"{caller}-to-{gateway}" for caller in ("api1", "api2", "worker") for gateway in GATEWAYS]
    needed += ["stripe-to-api1", "paypal-to-api1", "worker-to-sink"]
    assert [place for place in needed if not cut[place].hits] == []


def test_each_process_and_each_standby_is_hit_on_its_way_to_the_primary(cut: Mapping[str, FaultResult]) -> None:
    hit = {place for place, result in cut.items() if result.hits and "-to-db-" in place}
    assert {"api1", "api2", "worker"} <= {place.partition("-to-")[0] for place in hit}
    assert len({place for place in hit if place.startswith("standby-")}) >= 2


def test_no_cut_made_the_platform_unsafe(report: Report) -> None:
    assert [finding.id for finding in report.invariants if finding.verdict is Verdict.FAIL] == []
