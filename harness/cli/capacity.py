"""`faultline capacity`: how much can be carried, what stops it, and what is left when something is gone."""

import importlib
import inspect
import secrets
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness.capacity.asking import REPLICAS, cases_of, load_budget_s, replica_cases
from harness.capacity.cases import Case
from harness.capacity.search import Bounds
from harness.capacity.slo import Slo, parse_slo
from harness.cli.expressible import require_expressible
from harness.cli.foreign import AdapterOption, chosen_adapter, fitted
from harness.cli.platform import TargetOption, checked_target
from harness.cli.requesting import parse_settings
from harness.cli.shaping import MAX_RATE, check_seed, check_workers, rate_in
from harness.cli.talk import Talker
from harness.core.errors import UsageError
from harness.core.fault import ScheduledFault, Window
from harness.core.judgement import Invariant
from harness.core.load import Load
from harness.core.scenario import Scenario
from harness.core.units import parse_duration
from harness.invariants import pick
from harness.promises import LEDGER
from harness.provision.ports import Ports
from harness.run.following import GIVEN_UP_S
from harness.run.plan import make_folder
from harness.run.probing import LATEST_S
from harness.run.session import open_session
from harness.run.surveying import Survey, Surveyor
from harness.targets.environment import checked_settings
from harness.targets.registry import DEFAULT, TargetKind, chosen_kind
from harness.targets.starting import chosen_base_port
from harness.workspace import Workspace, check_writable

OURS, FOREIGN = "steady_checkout", "plain_checkout"
"""The workloads that are taken where none is named."""


def capacity(
    slo: Annotated[
        list[str] | None,
        typer.Option(metavar="CLAUSE", help="What must be kept: p99=300ms, errors=0.1%; repeatable (both by default)."),
    ] = None,
    workload: Annotated[str | None, typer.Option(metavar="NAME", help="Which errands come.")] = None,
    under: Annotated[
        list[str] | None,
        typer.Option(metavar="FAULT", help="Search under a fault too; repeatable. `defaults` is the whole matrix."),
    ] = None,
    replicas: Annotated[str | None, typer.Option(metavar="1,2", help="Search with so many API replicas too.")] = None,
    budget: Annotated[str, typer.Option(help="How long all searches together may take, about.")] = "6m",
    start: Annotated[str, typer.Option(help="The first rate, in arrivals per second.")] = "10",
    ceiling: Annotated[str | None, typer.Option(help="The most that is ever offered, in arrivals per second.")] = None,
    peak: Annotated[str | None, typer.Option(help="What must be carried; what is left is then told.")] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats the errands; a random one is chosen and printed.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Change a setting of the platform; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the report's folder goes.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")] = False,
    target: TargetOption = None,
    adapter: AdapterOption = None,
    workers: Annotated[int, typer.Option(help="Locust processes that share the load.")] = 1,
    base_port: Annotated[int | None, typer.Option(help="First of the platform's ports.")] = None,
) -> int:
    """Find the highest rate that keeps the SLO, and judge every payment that was sent on the way.

    Exit code: 0 a limit was found and no money went wrong, 1 money went wrong, 2 not known, 64 usage, 70 the harness
    failed.
    """
    Ports(chosen_base_port(base_port))
    adapter = chosen_adapter(target, adapter)
    kind = chosen_kind(Workspace.locate(), checked_target(target), adapter)
    survey = _checked(
        kind, parse_slo(slo or []), workload, under or [], replicas, budget, (start, ceiling, peak), seed,
        setting or [], out, workers, adapter,
    )  # fmt: skip
    talker = Talker()
    talker.line(f"capacity  {survey.slo.words}  seed {survey.seed}  searches: {len(survey.cases)}")
    if survey.left_out:
        talker.line(f"left out of the load, for the target has no words for it: {', '.join(survey.left_out)}")
    with open_session(kind, base_port=base_port, progress=talker.progress) as session:
        report = Surveyor(survey, session, talker.progress).carry_out()
    talker.end()
    name = "capacity.json" if as_json else "capacity.txt"
    sys.stdout.write((survey.folder / name).read_text())
    talker.line(f"report: {survey.folder / 'capacity.html'}")
    return report.verdict.exit_code


def workloads() -> Mapping[str, Callable[[float, float], Load]]:
    """Return the workloads by their names."""
    module = importlib.import_module("loadtests.workloads")
    members = inspect.getmembers(module, inspect.isfunction)
    return {name: item for name, item in members if item.__module__ == module.__name__ and not name.startswith("_")}


def _checked(
    kind: TargetKind,
    slo: Slo,
    workload: str | None,
    under: list[str],
    replicas: str | None,
    budget: str,
    rates: tuple[str, str | None, str | None],
    seed: int | None,
    settings: list[str],
    out: Path,
    workers: int,
    adapter: Path | None,
) -> Survey:
    """Return what was asked for. Raises `UsageError` for anything that makes no sense; nothing has been started."""
    check_workers(workers)
    check_seed(seed)
    known = workloads()
    name = workload or (OURS if kind.own else FOREIGN)
    if name not in known:
        raise catalogue.nearest(name, list(known), "workload")
    start = _rate("--start", rates[0])
    ceiling = _rate("--ceiling", rates[1]) if rates[1] is not None else MAX_RATE
    wanted = _rate("--peak", rates[2]) if rates[2] is not None else None
    if start > ceiling:
        raise UsageError(f"--start: {start:g} is above --ceiling {ceiling:g}")
    changed = parse_settings(settings)
    checked_settings(changed)
    must_hold = LEDGER if kind.own else pick("I1", "I3")
    cases, mix, left_out = _expressible(_cases(under, replicas, kind), known[name](1.0, 10.0), changed, must_hold, kind)
    load_s = load_budget_s(parse_duration(budget, field="--budget"), len(cases))
    timed = [item.limit_ms / 1000 for item in slo.clauses if item.limit_ms is not None]
    patience_s = max(timed, default=GIVEN_UP_S) + LATEST_S
    check_writable(out)
    seed = secrets.randbelow(100_000) if seed is None else seed
    return Survey(
        folder=make_folder(out, "capacity", seed, parts=()),
        target=kind.name,
        workload=name,
        mix=mix,
        slo=slo,
        bounds=Bounds(start, ceiling, min(1.0, start), load_s, patience_s=patience_s),
        cases=cases,
        seed=seed,
        repeat=_repeat(seed),
        must_hold=must_hold,
        load_workers=workers,
        peak_per_s=wanted,
        settings=changed,
        not_given=kind.not_given,
        left_out=left_out,
        replicas=REPLICAS if kind.own else 0,
        scaling_asked=replicas is not None,
    )


def _cases(under: list[str], replicas: str | None, kind: TargetKind) -> list[Case]:
    module = importlib.import_module("scenarios._capacity")
    if replicas is not None and not kind.own:
        raise UsageError(f"--replicas: the target {kind.name} is not ours to change", hint=f"--target {DEFAULT}")
    found = cases_of(under, module.CASES, catalogue.fault_names(), catalogue.fault_factory)
    return [*found, *replica_cases(replicas, module.FEWER)]


def _expressible(
    cases: list[Case], load: Load, settings: Mapping[str, str], must_hold: Sequence[Invariant], kind: TargetKind
) -> tuple[list[Case], Mapping[str, float], tuple[str, ...]]:
    """Return the cases, the mix and the flows left out, once the target has been seen to know all of them."""
    mix, left_out = load.mix, tuple[str, ...]()
    for case in cases:
        faults = tuple(ScheduledFault(item, Window(0.0, 10.0)) for item in case.faults)
        scenario = Scenario(case.title, case.title, load, must_hold, faults=faults, platform=settings)
        require_expressible(f"--under {case.name}" if faults else "capacity", scenario, kind)
        if not kind.own:
            fitting, left_out = fitted("capacity", scenario, kind)
            mix = fitting.load.mix
    return cases, mix, left_out


def _rate(option: str, text: str) -> float:
    rate = rate_in(text)
    if rate is None:
        raise UsageError(
            f"{option}: {text!r} is not a rate that the load generator is certified for",
            hint=f"a number above 0 and at most {MAX_RATE:g}: {option} 30",
        )
    return rate


def _repeat(seed: int) -> str:
    """Return the command that makes this survey again: the one that was given, with its seed."""
    given = sys.argv[1:]
    seeded = [] if any(item == "--seed" or item.startswith("--seed=") for item in given) else ["--seed", str(seed)]
    return shlex.join(["faultline", *given, *seeded])
