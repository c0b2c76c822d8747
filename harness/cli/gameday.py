"""`faultline gameday`: people around one page break a running platform, and leave with a judged history."""

import importlib
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness.cli.expressible import require_fault
from harness.cli.platform import TargetOption, checked_target
from harness.cli.shaping import check_seed, parse_rate
from harness.cli.talk import Talker
from harness.core.errors import FaultlineError, Interrupted, UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Fault
from harness.core.scenario import Scenario
from harness.core.units import parse_duration
from harness.gameday.book import DayBook, EntryKind
from harness.gameday.day import MAX_LENGTH_S, GameDay
from harness.gameday.ground import ground_of, links_on
from harness.gameday.paging import FilePort, WebhookPort, checked_url
from harness.gameday.replaying import write_scenario
from harness.gameday.roles import RolesFile
from harness.gameday.signals import Budget
from harness.gameday.surprise import Seat, Surprise, read_plan
from harness.gameday.web.app import Shown, Verdict
from harness.gameday.web.asking import Pressing
from harness.gameday.web.serving import Serving
from harness.guard.brake import require_released
from harness.injecting.asking import made
from harness.promises import DURABILITY, LEDGER
from harness.provision.ports import Ports
from harness.run.partial import conclude_partial, last_words
from harness.run.plan import RunPlan, make_folder
from harness.run.session import Done, Session, open_session
from harness.targets.registry import REMOTE, TargetKind, chosen_kind
from harness.targets.starting import chosen_base_port
from harness.workspace import Workspace, check_writable

NAME = "gameday"
STAY_MAX_S = 3600.0


def gameday(
    replay: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Write a scenario that repeats a game day's injections, no more.")
    ] = None,
    as_: Annotated[str | None, typer.Option("--as", metavar="NAME", help="What --replay calls the scenario.")] = None,
    rate: Annotated[str, typer.Option(help="Arrivals per second of the gentle load.")] = "5",
    for_: Annotated[str, typer.Option("--for", metavar="DURATION", help="It ends by itself after this.")] = "1h",
    stay: Annotated[str, typer.Option(help="How long the page stays up once all is judged.")] = "5m",
    port: Annotated[int, typer.Option(help="The page's port on 127.0.0.1; a free one by default.")] = 0,
    notify: Annotated[
        str | None, typer.Option(metavar="URL", help="Where pages are posted; a file of the run by default.")
    ] = None,
    surprise: Annotated[
        Path | None,
        typer.Option(metavar="PLAN.toml", help="A sealed plan: its facilitator breaks, the others see what it does."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Repeats the errands; a random one is chosen and printed.")] = None,
    out: Annotated[Path, typer.Option(help="Where the run's folder goes.")] = Path("runs"),
    target: TargetOption = None,
    base_port: Annotated[int | None, typer.Option(help="First of the platform's ports.")] = None,
) -> int:
    """Serve a page to break things on, under a gentle load; judge everything at the end.

    Exit code: 0 pass, 1 fail, 2 inconclusive, 64 usage, 70 the harness failed.
    """
    if replay is not None:
        return _replayed(replay, as_)
    Ports(chosen_base_port(base_port))
    check_seed(seed)
    if port and not 1024 <= port < 2**16:
        raise UsageError(f"--port: {port} is not a port between 1024 and 65535", hint="leave it out for a free one")
    require_released(Workspace.locate())
    seed = secrets.randbelow(100_000) if seed is None else seed
    length_s, stay_s = _length(for_), parse_duration(stay, field="--stay")
    if stay_s > STAY_MAX_S:
        raise UsageError(f"--stay: {stay} is more than an hour", hint="the report stays in its folder")
    if notify is not None:
        checked_url(notify)
    sealed, kind = read_plan(surprise) if surprise else None, _kind(target)
    for item in sealed.left if sealed else ():
        require_fault("--surprise", made(item.asked), kind)
    check_writable(out)
    plan = _plan(kind, seed, parse_rate(rate), length_s, out)
    try:
        return _play(
            kind, plan, base_port=base_port, port=port, notify=notify, length_s=length_s, stay_s=stay_s, sealed=sealed
        )
    finally:
        if not (plan.folder / "plan.json").exists():  # the load never began
            shutil.rmtree(plan.folder, ignore_errors=True)


def _replayed(run: Path, name: str | None) -> int:
    told = name or f"replayed_{run.name.replace('-', '_')}"
    path = write_scenario(run, told, catalogue.ROOT / "scenarios")
    sys.stdout.write(f"{path}\n")
    sys.stderr.write(f"hint: `faultline run {told}` repeats it\n")
    return 0


def _length(text: str) -> float:
    length_s = parse_duration(text, field="--for")
    if length_s > MAX_LENGTH_S:
        raise UsageError(
            f"--for: {text} is more than {MAX_LENGTH_S / 3600:g} hours", hint="end it before that, and begin another"
        )
    return length_s


def _kind(target: str | None) -> TargetKind:
    if target == REMOTE:
        raise UsageError(
            "a game day breaks a platform that Faultline runs itself, and the target remote is a system of yours",
            hint="--target embedded or compose",
        )
    return chosen_kind(Workspace.locate(), checked_target(target))


def _plan(kind: TargetKind, seed: int, rate_per_s: float, length_s: float, out: Path) -> RunPlan:
    workloads = importlib.import_module("loadtests.workloads")
    scenario = Scenario(
        title="A game day",
        claim="Whatever people broke, no money went wrong.",
        load=workloads.steady_checkout(rate_per_s, length_s, minimum_ok=20),
        must_hold=[*DURABILITY, *LEDGER],
    )
    folder = make_folder(out, NAME, seed)
    return RunPlan(
        scenario_name=NAME,
        story="People broke a running platform on purpose; what they did and said is in the report.",
        scenario=scenario,
        seed=seed,
        bug=None,
        target=kind.name,
        folder=folder,
        load_workers=1,
        repeat=f"faultline gameday --replay {folder}",
        not_given=kind.not_given,
    )


def _play(
    kind: TargetKind,
    plan: RunPlan,
    *,
    base_port: int | None,
    port: int,
    notify: str | None,
    length_s: float,
    stay_s: float,
    sealed: Surprise | None,
) -> int:
    workspace, talker = Workspace.locate(), Talker()

    def check(fault: Fault) -> None:
        require_fault(NAME, fault, kind)

    day = GameDay(
        workspace, DayBook(plan.folder), check,
        rate_per_s=plan.scenario.load.rate_per_s, length_s=length_s, seed=plan.seed, budget=Budget(0.01),
    )  # fmt: skip
    pager = WebhookPort(notify) if notify else FilePort(plan.folder)
    pressing = Pressing(day, workspace, RolesFile(Path.cwd()), pager, plan.folder.parent, sealed)
    ground, page = ground_of(links_on(kind.name)), importlib.import_module("reports.gameday.page")

    def document(nonce: str, seat: Seat) -> str:
        return str(page.document(nonce, ground, plan.folder.name, seat, surprise=sealed is not None))

    shown = Shown(day, pressing, document, plan.folder)
    if sealed:
        day.book.add(EntryKind.NOTE, NAME, f"the plan of this surprise is sealed, SHA-256 {sealed.seal}")
    with (
        open_session(kind, base_port=base_port, progress=talker.progress, command="faultline gameday") as session,
        Serving(shown, port) as serving,
    ):
        sys.stdout.write(f"{serving.url}\n")
        sys.stdout.flush()
        if sealed:
            talker.line(f"the facilitator's page, for nobody else: {serving.facilitator_url}")
        talker.line("open that address in a browser on this machine; whoever has it may break things")
        done = _judged(session, plan, day, shown)
        talker.line(f"{done.report.verdict}  report: {plan.folder / 'report.html'}  {plan.folder / 'retro.md'}")
        _stay(stay_s, talker)
    return done.report.verdict.exit_code


def _judged(session: Session, plan: RunPlan, day: GameDay, shown: Shown) -> Done:
    try:
        done = session.run(plan, day)
    except Interrupted as stopped:
        broken = plan.having_broken(day.injected, plan.scenario.load.duration_s) if day.injected else plan
        partial = conclude_partial(broken, stopped)
        raise Interrupted(stopped.signum, last_words(plan, stopped, partial)) from stopped
    except FaultlineError as error:
        shown.verdict = Verdict(error=str(error), folder=plan.folder.name)
        raise
    with Evidence(plan.folder) as evidence:
        importlib.import_module("reports.gameday.retro").write_retro(done.report, evidence)
    day.phase = "judged"
    reasons: Sequence[str] = done.report.reasons
    shown.verdict = Verdict(str(done.report.verdict), tuple(reasons), plan.folder.name)
    return done


def _stay(stay_s: float, talker: Talker) -> None:
    """Keep the page up for those who read; Ctrl-C ends it at once, and is no interruption: all is judged."""
    until = time.monotonic() + stay_s
    try:
        while time.monotonic() < until:
            talker.progress(f"the page stays up for {until - time.monotonic():.0f} s; Ctrl-C ends it")
            time.sleep(0.5)
    except Interrupted:
        talker.line("ended")
