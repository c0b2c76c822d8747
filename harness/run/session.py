"""A platform that is up for one or several runs, and the guard that watches over both."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.report import Report
from harness.core.target import Progress
from harness.guard.brake import require_released
from harness.guard.session import HarnessSession
from harness.judge import build_report, fault_results, judge, write_verdict
from harness.run.calls import save_calls
from harness.run.conducting import Conductor
from harness.run.controlling import note_effect
from harness.run.engine import Run
from harness.run.logs import copy_since, positions
from harness.run.plan import RunPlan
from harness.run.rendering import render_all, version
from harness.targets.registry import ManagedTarget, TargetKind
from harness.workspace import Workspace


@dataclass(frozen=True)
class Done:
    """A finished run: its report and the text of it."""

    report: Report
    text: str


class Session:
    """Runs plans one after another on one warm platform."""

    def __init__(self, target: ManagedTarget, guard: HarnessSession, workspace: Workspace, progress: Progress) -> None:
        self._target = target
        self._guard = guard
        self._workspace = workspace
        self._progress = progress

    @property
    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """What is in force on the platform, once it was started."""
        return self._target.facts()

    def run(self, plan: RunPlan, conductor: Conductor | None = None) -> Done:
        """Execute a plan and judge it; a `conductor` steers its load.

        Raises `HarnessError` when the harness could not do its job.
        """
        self._progress(f"preparing the {plan.target} target")
        self._target.start(bug=plan.bug, settings=plan.scenario.platform, progress=self._progress)
        self._target.gather_logs()
        before = positions(self._workspace.logs)
        try:
            Run(plan, self._target, self._target.supervisor, self._guard, self._progress, conductor).execute()
        finally:
            self._target.gather_logs()
            copy_since(self._workspace.logs, before, plan.folder / "logs")
            save_calls(plan.folder, self._target.link_ports())
        if plan.control is not None:
            self._progress("comparing with the control")
            note_effect(plan.folder, plan.control)
        self._progress("judging")
        if conductor is not None and conductor.injected:
            plan = plan.having_broken(conductor.injected, _lasted_s(plan))
        return conclude(plan)


def _lasted_s(plan: RunPlan) -> float:
    """Return how long a load really lasted that had no end of its own."""
    return float(json.loads((plan.folder / "plan.json").read_text())["load"]["duration_s"])


def conclude(plan: RunPlan) -> Done:
    """Judge a run's folder, write the verdict and every report format."""
    with Evidence(plan.folder) as evidence:
        judgement = judge(
            evidence,
            must_hold=[invariant.id for invariant in plan.scenario.must_hold],
            should_meet=plan.scenario.should_meet,
            faults=fault_results(evidence, plan.scenario.faults),
        )
        judged_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        report = build_report(evidence, judgement, judged_at=judged_at, judged_by=version())
        write_verdict(report, plan.folder)
        texts = render_all(report, evidence)
    return Done(report, texts["text"])


@contextmanager
def open_session(
    kind: TargetKind, *, base_port: int | None, progress: Progress, command: str = "faultline run"
) -> Iterator[Session]:
    """Lock the workspace and start the guard; use a platform that is up, else stop the one that runs start.

    Raises `UsageError` when another harness holds the workspace, and while `faultline stop` is in force.
    """
    workspace = Workspace.locate()
    require_released(workspace)
    with HarnessSession(workspace, command=command) as guard:
        platform = kind.make(workspace, base_port)
        was_up = kind.is_up(workspace)
        try:
            yield Session(platform, guard, workspace, progress)
        finally:
            if not was_up:
                if kind.own:
                    progress("stopping the platform")
                platform.stop(progress)
