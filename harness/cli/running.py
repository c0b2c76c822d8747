"""`faultline run`: one or several scenarios on one warm platform."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness.cli.controlled import check_control
from harness.cli.foreign import AdapterOption, chosen_adapter
from harness.cli.gathering import announce, gathering_for
from harness.cli.platform import TargetOption, checked_target
from harness.cli.requesting import Request, checked
from harness.cli.shaping import ArrivalsOption, Shape
from harness.cli.side_by_side import PORTS_APART, run_side_by_side, shared_out
from harness.cli.talk import Talker, report_error
from harness.core.errors import FaultlineError, HarnessError, Interrupted, StoodStill, UsageError
from harness.core.plain import JsonObject
from harness.core.scenario import Scenario
from harness.core.verdicts import worst_exit_code
from harness.joining import DEFAULT_BIND, Gathering
from harness.judge import VERDICT_FILE
from harness.provision.ports import Ports
from harness.run.controlling import control_of
from harness.run.partial import conclude_partial, last_words
from harness.run.plan import RunPlan, make_folder
from harness.run.session import Done, Session, open_session
from harness.targets.registry import DEFAULT, chosen_kind
from harness.targets.starting import chosen_base_port
from harness.workspace import Workspace

MAX_JOBS = 4


def run(
    scenarios: Annotated[list[str] | None, typer.Argument(metavar="SCENARIO...", help="Names; see `list`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Run every scenario that the target can run.")] = False,
    seed: Annotated[int | None, typer.Option(help="Repeats a plan; a random one is chosen and printed.")] = None,
    rate: Annotated[str | None, typer.Option(help="Arrivals per second.")] = None,
    duration: Annotated[str | None, typer.Option(help="Length of the load, such as 20s; faults scale with it.")] = None,
    bug: Annotated[str | None, typer.Option(help="Plant a bug in the platform, such as B07.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Change a setting of the platform; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the runs' folders go.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON on stdout.")] = False,
    arrivals: ArrivalsOption = None,
    target: TargetOption = None,
    adapter: AdapterOption = None,
    workers: Annotated[int, typer.Option(help="Locust processes that share the load.")] = 1,
    expect_workers: Annotated[
        int | None, typer.Option(help="Wait for this many load workers of other hosts (`faultline join`) instead.")
    ] = None,
    load_bind: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where they join; uses the next port too.")] = (
        DEFAULT_BIND
    ),
    base_port: Annotated[int | None, typer.Option(help="First of the platform's ports.")] = None,
    control: Annotated[
        bool, typer.Option("--control", help="Run each plan without its faults first, and report what they did.")
    ] = False,
    web_port: Annotated[int | None, typer.Option(help="Show Locust's own page on this port while it runs.")] = None,
    jobs: Annotated[int, typer.Option(help="Platforms side by side that share the scenarios; one for each core.")] = 1,
) -> int:
    """Run scenarios and judge them. Exit code: 0 pass, 1 fail, 2 inconclusive, 64 usage, 70 the harness failed."""
    Ports(chosen_base_port(base_port))
    if web_port is not None and not 1024 <= web_port < 2**16:
        raise UsageError(f"--web-port: {web_port} is not a port between 1024 and 65535")
    adapter = chosen_adapter(target, adapter)
    kind = chosen_kind(Workspace.locate(), checked_target(target), adapter)
    shape = Shape(rate, duration, arrivals)
    asked = checked(scenarios or [], everything, seed, shape, bug, setting or [], out, kind, workers, adapter)
    if control:
        check_control(asked.scenarios, gathered=expect_workers is not None, named=not everything)
        asked = replace(asked, control=True, repeat_options=f"{asked.repeat_options} --control")
    runs = len(asked.scenarios)
    gathering = gathering_for(expect_workers, load_bind, workers=workers, runs=runs, adapter=not kind.own)
    request = replace(_gathered(asked, gathering, load_bind), web_port=web_port, quiet=as_json)
    talker = Talker()
    for name, why in request.not_run.items():
        talker.line(f"{name} is not run: {why}")
    if jobs != 1:
        return _side_by_side(request, jobs, base_port)
    announce(gathering, talker)
    return _one_after_another(request, base_port, talker)


def _gathered(request: Request, gathering: Gathering | None, load_bind: str) -> Request:
    """Return the request with the workers of other hosts that it waits for, if any."""
    if gathering is None:
        return request
    joined = f" --expect-workers {gathering.workers} --load-bind {load_bind}"
    options = request.repeat_options + joined
    return replace(request, gathering=gathering, load_workers=gathering.workers, repeat_options=options)


def _one_after_another(request: Request, base_port: int | None, talker: Talker) -> int:
    """Run all scenarios on one warm platform; print what they came to, and return the worst exit code."""
    codes: list[int] = []
    verdicts: list[JsonObject] = []
    stopped: Interrupted | None = None
    with open_session(request.target, base_port=base_port, progress=talker.progress) as session:
        for name, scenario in request.scenarios:
            try:
                for code, verdict in _with_control(session, request, name, scenario, talker):
                    codes.append(code)
                    verdicts += [verdict] if verdict else []
            except Interrupted as error:
                stopped = error
                # A second signal, while the partial report is made, leaves none.
                verdicts += [error.verdict] if error.verdict else []
                break
    talker.end()
    _conclude([*verdicts, *_not_run(request)], quiet=request.quiet)
    if stopped:
        raise stopped
    return worst_exit_code(codes)


def _with_control(
    session: Session, request: Request, name: str, scenario: Scenario, talker: Talker
) -> Iterator[tuple[int, JsonObject | None]]:
    """Run a scenario, after its control where one was asked for; yield each exit code, and the scenario's verdict."""
    control = None
    if request.control and scenario.faults:
        control = _control(session, request, name, scenario, talker)
        yield control.code, None
    yield _one(session, request, name, scenario, talker, control)


def _not_run(request: Request) -> list[JsonObject]:
    """Return what was asked for with `--all` and cannot run on this target, each in the place of a verdict."""
    return [{"scenario": name, "verdict": "NOT_RUN", "error": why} for name, why in request.not_run.items()]


def _conclude(verdicts: Sequence[JsonObject], *, quiet: bool) -> None:
    """Print all verdicts as JSON, or a line for each of several."""
    if quiet:
        sys.stdout.write(json.dumps(verdicts[0] if len(verdicts) == 1 else list(verdicts), indent=2) + "\n")
    elif len(verdicts) > 1:
        _summarise(verdicts)


def _side_by_side(request: Request, jobs: int, base_port: int | None) -> int:
    """Check what only concerns several platforms at once, then share the scenarios out."""
    if request.gathering:
        raise UsageError("--jobs and --expect-workers do not go together", hint="leave one of them out")
    lots = _lots(request, jobs)
    first = chosen_base_port(base_port)
    for number in range(len(lots)):
        Ports(first + number * PORTS_APART).require_free()
    options = ["--seed", str(request.seed), "--out", str(request.out), *shlex.split(request.repeat_options)]
    code, verdicts = run_side_by_side(lots, [*options, *(["--json"] if request.quiet else [])], first)
    order = [name for name, _ in request.scenarios]
    ran = sorted(verdicts, key=lambda verdict: order.index(str(verdict["scenario"])))
    _conclude([*ran, *_not_run(request)], quiet=request.quiet)
    return code


def _lots(request: Request, jobs: int) -> list[list[str]]:
    kind = request.target
    if not 1 <= jobs <= MAX_JOBS:
        raise UsageError(f"--jobs: {jobs} is not between 1 and {MAX_JOBS}")
    if kind.name != DEFAULT:
        raise UsageError(f"--jobs: the target {kind.name} has one platform at a time", hint=f"--target {DEFAULT}")
    if request.web_port is not None:
        raise UsageError("--jobs and --web-port do not go together", hint="leave one of them out")
    if kind.is_up(Workspace.locate()):
        raise UsageError(
            "--jobs starts platforms of its own, and one is up in this workspace",
            hint="`faultline down` first, or leave out --jobs",
        )
    return shared_out({name: scenario.load.duration_s for name, scenario in request.scenarios}, jobs)


def _one(
    session: Session,
    request: Request,
    name: str,
    scenario: Scenario,
    talker: Talker,
    control: "Control | None" = None,
) -> tuple[int, JsonObject]:
    plan = RunPlan(
        scenario_name=name,
        story=catalogue.scenario_story(name),
        scenario=scenario,
        seed=request.seed,
        bug=request.bug,
        target=request.target.name,
        folder=make_folder(request.out, name, request.seed),
        load_workers=request.load_workers,
        repeat=f"faultline run {name} --seed {request.seed}{request.repeat_options}",
        web_port=request.web_port,
        gathering=request.gathering,
        not_given=request.target.not_given,
        left_out=request.left_out.get(name, ()),
        control=control.folder if control else None,
    )
    talker.line(f"{name}  seed {request.seed}" + (f"  planted bug {request.bug}" if request.bug else ""))
    if plan.left_out:
        talker.line(f"left out of the load, for the target has no words for it: {', '.join(plan.left_out)}")
    code, verdict = _carried_out(session, plan, talker)
    if "error" in verdict:
        return code, verdict
    if not request.quiet:
        sys.stdout.write((plan.folder / "report.txt").read_text().rstrip() + "\n")
        sys.stdout.flush()
    talker.line(f"report: {plan.folder / 'report.html'}")
    return code, verdict


def _carried_out(session: Session, plan: RunPlan, talker: Talker) -> tuple[int, JsonObject]:
    """Carry a plan out and judge it; return the exit code, and the verdict or what stands in its place."""
    try:
        done = _run(session, plan)
    except FaultlineError as error:
        talker.end()
        report_error(error)
        if isinstance(error, StoodStill) and (partial := _partial(plan)):
            talker.line(f"partial report, {partial.report.verdict}: {plan.folder / 'report.html'}")
        elif (plan.folder / "plan.json").exists():
            talker.line(f"evidence so far: {plan.folder}")
        else:
            shutil.rmtree(plan.folder, ignore_errors=True)
        verdict = "REFUSED" if isinstance(error, UsageError) else "HARNESS_FAILED"
        return error.exit_code, {"scenario": plan.scenario_name, "verdict": verdict, "error": str(error)}
    except Interrupted as stopped:
        raise _stopped(plan, stopped, talker) from stopped
    talker.end()
    return done.report.verdict.exit_code, json.loads((plan.folder / "verdict.json").read_text())


@dataclass(frozen=True)
class Control:
    """The run without the faults: how it ended, and its folder where it was judged."""

    code: int
    folder: Path | None


def _control(session: Session, request: Request, name: str, scenario: Scenario, talker: Talker) -> Control:
    """Run a scenario's plan with nothing broken. Its text is not printed: the other run's report tells of it."""
    quiet_day = control_of(scenario, catalogue.scenario(catalogue.QUIET).must_hold)
    plan = RunPlan(
        scenario_name=name,
        story=f"The control of `{name}`: the same plan with nothing broken.",
        scenario=quiet_day,
        seed=request.seed,
        bug=request.bug,
        target=request.target.name,
        folder=make_folder(request.out, f"{name}-control", request.seed),
        load_workers=request.load_workers,
        repeat=f"faultline run {name} --seed {request.seed}{request.repeat_options}",
        web_port=request.web_port,
        not_given=request.target.not_given,
        left_out=request.left_out.get(name, ()),
    )
    talker.line(f"{name}  seed {request.seed}  control: the same plan with nothing broken")
    code, verdict = _carried_out(session, plan, talker)
    talker.line(f"control: {verdict['verdict']}  {plan.folder / 'report.html'}")
    return Control(code, plan.folder if (plan.folder / VERDICT_FILE).is_file() else None)


def _stopped(plan: RunPlan, stopped: Interrupted, talker: Talker) -> Interrupted:
    """Write the partial report of an interrupted run; return the interruption with what to say at the very end."""
    talker.progress("interrupted: everything is healed; judging what there is")
    done = _partial(plan, stopped)
    talker.end()
    told = last_words(plan, stopped, done)
    verdict: JsonObject = {"scenario": plan.scenario_name, "verdict": "INTERRUPTED", "error": told}
    if done:
        verdict = json.loads((plan.folder / "verdict.json").read_text())
    if not (plan.folder / "plan.json").exists():
        shutil.rmtree(plan.folder, ignore_errors=True)
    return Interrupted(stopped.signum, told, verdict)


def _partial(plan: RunPlan, stopped: Interrupted | None = None) -> Done | None:
    try:
        return conclude_partial(plan, stopped)
    except FaultlineError as error:
        report_error(error)
        return None


def _run(session: Session, plan: RunPlan) -> Done:
    try:
        return session.run(plan)
    except OSError as error:
        raise HarnessError(
            f"the run could not be written: {error.strerror or error} ({error.filename or plan.folder})",
            hint="free some space or give another folder with --out; the platform was healed",
        ) from error


def _summarise(verdicts: Sequence[JsonObject]) -> None:
    sys.stdout.write("\n")
    for verdict in verdicts:
        left = verdict.get("not_judged")
        aside = f"  ({len(left)} demands not judged)" if isinstance(left, list) and left else ""
        if verdict["verdict"] == "NOT_RUN":
            aside = f"  ({verdict['error']})"
        sys.stdout.write(f"{verdict['verdict']!s:14} {verdict['scenario']}{aside}\n")
