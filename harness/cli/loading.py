"""`faultline load`, `join` and `gather`: the load by itself, and on several hosts."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.gathering import announce, gathering_for
from harness.cli.rechecking import recheck
from harness.cli.shaping import ArrivalsOption, check_workers, parse_length, parse_rate, read_recording, scaled
from harness.cli.talk import Talker
from harness.core.addresses import parse_api_url
from harness.core.arrivals import Recorded
from harness.core.errors import UsageError
from harness.core.report import LoadResult
from harness.core.verdicts import Verdict
from harness.guard.session import HarnessSession
from harness.joining import DEFAULT_BIND, TOKEN_VARIABLE, Joining, parse_address
from harness.joining import join as join_run
from harness.joining.gathering import chosen_token
from harness.provision.processes.supervisor import Supervisor
from harness.run.late import gather_late
from harness.run.load_only import LoadOutcome, load_only, read_plan
from harness.run.plan import make_folder
from harness.workspace import Workspace, check_writable

MAX_WORKERS = 64


def load(
    job: Annotated[Path, typer.Argument(metavar="JOB", help="What to send where, as JSON; see docs/scaling.md.")],
    out: Annotated[Path, typer.Option(help="Where the load's folder goes.")] = Path("runs"),
    workers: Annotated[int, typer.Option(help="Locust processes that share the load, here.")] = 1,
    expect_workers: Annotated[int | None, typer.Option(help="Wait for this many of other hosts instead.")] = None,
    load_bind: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where they join; uses the next port too.")] = (
        DEFAULT_BIND
    ),
    arrivals: ArrivalsOption = None,
    rate: Annotated[str | None, typer.Option(help="With --arrivals: at this mean rate.")] = None,
    duration: Annotated[str | None, typer.Option(help="With --arrivals: played in this time.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON on stdout.")] = False,
) -> int:
    """Send a load to any API that has ours' paths: no faults, no verdict. Exit code: 0 as planned, 2 not so, 64, 70."""
    check_workers(workers, MAX_WORKERS)
    recorded = _recorded(arrivals, rate, duration)
    plan = read_plan(job, recorded)
    gathering = gathering_for(expect_workers, load_bind, workers=workers, adapter=bool(plan.document.get("adapter")))
    check_writable(out)
    talker, workspace = Talker(), Workspace.locate()
    with HarnessSession(workspace, command="faultline load"):
        announce(gathering, talker)
        folder = make_folder(out.absolute(), "load", plan.seed)
        try:
            count = gathering.workers if gathering else workers
            outcome = load_only(
                plan,
                folder,
                Supervisor(workspace),
                talker.progress,
                workers=count,
                gathering=gathering,
                arrivals=recorded.document() if recorded else None,
            )
        finally:
            # Nothing was sent and nothing said: an empty folder would look like a run.
            if not any(path.is_file() for path in folder.rglob("*")):
                shutil.rmtree(folder, ignore_errors=True)
    talker.end()
    sys.stdout.write(_account(outcome, folder, as_json=as_json))
    return Verdict.INCONCLUSIVE.exit_code if outcome.problems else 0


def _recorded(arrivals: str | None, rate: str | None, duration: str | None) -> Recorded | None:
    if arrivals is None:
        if rate is not None or duration is not None:
            raise UsageError("--rate and --duration scale --arrivals; a job says its own", hint="docs/scaling.md")
        return None
    length_s = None if duration is None else parse_length(duration)
    return scaled(read_recording(arrivals), length_s, None if rate is None else parse_rate(rate))


def join(
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the run waits.")],
    workers: Annotated[int, typer.Option(help="Locust processes of this host; at most one for each core.")] = 1,
    api_url: Annotated[
        list[str] | None, typer.Option(metavar="NAME=URL", help="Where this host finds an API replica; repeatable.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where this host's own copy of the history goes.")] = Path("runs"),
    wait_s: Annotated[float, typer.Option(help="How long to wait for the run to listen.")] = 600.0,
) -> int:
    """Give this host's workers to a run elsewhere, and hand over their histories. Needs FAULTLINE_JOIN_TOKEN."""
    host, port = parse_address(address, field="HOST:PORT")
    token = chosen_token()
    if not token:
        raise UsageError(f"{TOKEN_VARIABLE} is not set", hint="the run prints it, with the whole command")
    cores = len(os.sched_getaffinity(0))
    check_workers(workers, MAX_WORKERS, hint=f"this host has {cores} cores")
    talker = Talker()
    if workers > cores:
        talker.line(f"{workers} workers on {cores} cores will be late; their lag shows it")
    return join_run(Joining(host, port, token, workers, out, wait_s, _urls(api_url or [])), talker.line)


def gather(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="What hosts kept: see `faultline join`.")],
) -> int:
    """Add histories that a host could not hand over, merge again, and judge again where the run came to its end."""
    gathered = gather_late(run, folders)
    sys.stdout.write(
        f"added {', '.join(gathered.added) or 'nothing new'}; {gathered.merged.attempts} attempts in all\n"
    )
    if gathered.alone:
        sys.stdout.write("not judged: a load by itself has no verdict\n")
        return 0
    if not gathered.whole:
        sys.stdout.write("not judged: the run died before it saved its books, and its history alone proves nothing\n")
        return Verdict.INCONCLUSIVE.exit_code
    return recheck([run])


def _urls(options: Sequence[str]) -> dict[str, str]:
    urls: dict[str, str] = {}
    for option in options:
        name, equals, url = option.partition("=")
        if not (name and equals):
            raise UsageError(
                f"--api-url: {option!r} is not NAME=http://...", hint="--api-url api1=http://10.0.0.5:21001"
            )
        if name in urls:
            raise UsageError(f"--api-url: {name} is given twice", hint="one address for each replica")
        parse_api_url(url, field=f"--api-url {name}")
        urls[name] = url
    return urls


def _account(outcome: LoadOutcome, folder: Path, *, as_json: bool) -> str:
    result, merged = outcome.result, outcome.merged
    if as_json:
        document = {**asdict(result), **asdict(merged), "problems": list(outcome.problems), "folder": str(folder)}
        return json.dumps(document, indent=2) + "\n"
    lines = [
        f"{result.planned} arrivals planned, {result.dropped} dropped; operations: {result.ok} ok, {result.failed} "
        f"failed, {result.unknown} unknown",
        f"{result.workers} worker(s), {len(result.lost)} lost; lag p99 {result.lag_p99_ms:.2f} ms, busiest at "
        f"{result.cpu_share_max:.0%} of a core; {merged.attempts} attempts, {merged.unfinished} without an answer",
        *_bursts(result),
        *(f"NOT AS PLANNED: {problem}" for problem in outcome.problems),
        f"history: {folder / 'history.parquet'}",
    ]
    return "\n".join(lines) + "\n"


def _bursts(result: LoadResult) -> list[str]:
    found = result.burstiness
    if found is None or not result.recording:
        return []
    told = {"recorded": found.recorded, "planned": found.planned, "sent": found.arrived, "requests": found.requests}
    values = ", ".join(f"{name} {'not known' if value is None else f'{value:.2f}'}" for name, value in told.items())
    return [f"index of dispersion of {result.recording}, in windows of {found.window_s:g} s: {values}"]
