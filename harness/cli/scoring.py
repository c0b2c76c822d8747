"""`faultline bugs`: every planted bug beside its sound twin."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness.cli.recorded import open_record, resumable, tell_table
from harness.cli.running import MAX_JOBS
from harness.cli.talk import Talker
from harness.core.errors import FaultlineError, UsageError
from harness.core.verdicts import Verdict
from harness.provision.ports import SPAN, Ports
from harness.score.cases import bug_batches
from harness.score.lanes import Lanes
from harness.score.outcome import CONCLUSIVE
from harness.score.pairs import ToDo
from harness.score.planted import BugRow, BugTable, markdown, recorded, rows
from harness.score.publishing import check_page, published
from harness.score.revision import revision
from harness.score.series import Series
from harness.targets.starting import chosen_base_port
from harness.workspace import check_writable

MAX_SEEDS = 1000


def bugs(
    bug: Annotated[list[str] | None, typer.Option(help="Only this planted bug; repeatable.")] = None,
    seeds: Annotated[int, typer.Option(help="Seeds of each bug.")] = 3,
    first_seed: Annotated[int, typer.Option(help="The first of them.")] = 1,
    jobs: Annotated[int, typer.Option(help="Platforms side by side; one for each core.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the record and the runs' folders go.")] = Path("runs/bugs"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the series that is recorded in --out.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --resume: make INCONCLUSIVE runs again too.")] = False,
    only_table: Annotated[bool, typer.Option("--only-table", help="Run nothing; print what is recorded.")] = False,
    page: Annotated[
        Path | None, typer.Option("--publish", help="Put the table into this page, such as docs/mutation-score.md.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown.")] = False,
    base_port: Annotated[int | None, typer.Option(help="First of the platforms' ports.")] = None,
) -> int:
    """Run planted bugs beside their sound twins: each where it shows, with several seeds. Prints a table.

    Caught means FAIL by an invariant of the bug's entry while the same scenario and seed pass without it. Exit code: 0
    all caught, 1 some not, 64 usage, 70 some runs could not be made.
    """
    wanted = {catalogue.planted_bug(name).id for name in bug or catalogue.planted_bugs()}
    batches = list(bug_batches(wanted, _seeds(first_seed, seeds)))
    first_port = checked_ports(jobs, base_port)
    if again and not resume:
        raise UsageError("--again needs a series to go on with", hint="add --resume")
    if page:
        check_page(page, "bugs")
    check_writable(out)
    path = out / "bugs.jsonl"
    record = open_record(path, fresh=not (resume or only_table))
    if page and resume and (known := published(page, "bugs", BugTable)):
        record.adopt(recorded(known))
    talker = Talker()
    if not only_table:
        to_do = ToDo(batches, record.outcomes, revision(), again=again)
        talker.line(f"{to_do.runs} runs to make, sound twins among them")
        series = Series(record, to_do.runs, talker.line)
        lanes = Lanes(jobs, out=out, base_port=first_port, told=series.told)
        with resumable(path):
            lanes.carry_out(to_do.batches)
    found = rows((case for batch in batches for case in batch), record.outcomes)
    tell_table("bugs", markdown(found), BugTable(found), out, page, talker, as_json=as_json)
    return _exit_code(found)


def _seeds(first: int, count: int) -> range:
    if not 1 <= count <= MAX_SEEDS:
        raise UsageError(f"--seeds: {count} is not between 1 and {MAX_SEEDS}")
    if not 0 <= first < 2**32 - count:
        raise UsageError(f"--first-seed: {first} is not between 0 and {2**32 - 1}")
    return range(first, first + count)


def checked_ports(jobs: int, base_port: int | None) -> int:
    """Return the first port of the first platform. Raises `UsageError` where so many cannot be had."""
    if not 1 <= jobs <= MAX_JOBS:
        raise UsageError(f"--jobs: {jobs} is not between 1 and {MAX_JOBS}")
    first = chosen_base_port(base_port)
    for number in range(jobs):
        Ports(first + number * SPAN)
    return first


def _exit_code(found: Sequence[BugRow]) -> int:
    """Return 70 where a run is missing or never took place, 1 where a bug was not caught, else 0."""
    runs = [run for row in found for run in row.runs]
    made = {run.verdict for run in runs} | {run.twin.verdict if run.twin else "" for run in runs}
    if any(row.missing for row in found) or made - CONCLUSIVE:
        return FaultlineError.exit_code
    return 0 if all(run.caught for run in runs) else Verdict.FAIL.exit_code
