"""`faultline compare` and `trend`: two runs side by side, and many over time."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness import catalogue
from harness.cli.talk import Talker
from harness.comparing import PARTS, Broken, check, compare, parse_least, parse_limit
from harness.comparing.sources import read_side
from harness.comparing.trend import groups_of, read_point
from harness.core.errors import FaultlineError, UsageError
from harness.core.verdicts import Verdict

Form = Literal["text", "json", "markdown"]


def compare_runs(
    first: Annotated[Path, typer.Argument(metavar="A", help="A run's folder, or a folder of several.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="The same, later or changed.")],
    fail_if: Annotated[
        list[str] | None,
        typer.Option(metavar="LIMIT", help="Exit with 1 where a whole interval lies beyond: p99>+10%; repeatable."),
    ] = None,
    least: Annotated[
        list[str] | None, typer.Option(metavar="FIGURE=CHANGE", help="The least change that is called one: p99=5%.")
    ] = None,
    part: Annotated[str, typer.Option(help=f"Which part of the load: {', '.join(PARTS)} (the faults).")] = "whole",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown instead of text.")] = False,
) -> int:
    """Compare two runs: what differs, by how much, and whether that is more than noise.

    Exit code: 0 no limit is broken, 1 one is, 2 one could not be judged, 64 usage.
    """
    if part not in PARTS:
        raise UsageError(f"--part: {part!r} is not a part of a run", hint=f"valid: {', '.join(PARTS)}")
    if as_json and as_markdown:
        raise UsageError("--json and --markdown do not go together", hint="leave one of them out")
    limits = [parse_limit(text) for text in fail_if or []]
    least_effects = parse_least(least or [])
    talker = Talker()
    sides = []
    for path in (first, second):
        talker.progress(f"reading {path}")
        sides.append(read_side(path, part))
    talker.progress("comparing")
    found = compare(*sides, part=part, least=least_effects)
    talker.end()
    held = check(found, limits)
    form: Form = "json" if as_json else "markdown" if as_markdown else "text"
    sys.stdout.write(catalogue.comparison_formats()[form].render(found, held))
    return _exit_code(held)


def trend(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs or capacity reports: runs/*.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of text.")] = False,
    page: Annotated[Path | None, typer.Option("--html", help="Write a page with charts to this file too.")] = None,
) -> int:
    """Show each figure of many runs over time. Exit code: 0, 2 some were left out (each is said), 64 all were."""
    if as_json and as_csv:
        raise UsageError("--json and --csv do not go together", hint="leave one of them out")
    if page is not None and not page.absolute().parent.is_dir():
        raise UsageError(f"--html: there is no folder {page.absolute().parent}", hint="give a file that can be written")
    talker = Talker()
    points, skipped = [], 0
    for number, path in enumerate(runs, start=1):
        talker.progress(f"reading {number} of {len(runs)}: {path}")
        try:
            points.append(read_point(path))
        except FaultlineError as error:
            skipped += 1
            talker.line(f"left out: {error}")
    talker.end()
    if not points:
        raise UsageError("none of these can be shown", hint="give folders that `faultline run` made: runs/*")
    groups = groups_of(points)
    formats = catalogue.trend_formats()
    if page is not None:
        _write(page, formats["html"].render(groups))
        talker.line(f"page: {page}")
    sys.stdout.write(formats["json" if as_json else "csv" if as_csv else "text"].render(groups))
    return Verdict.INCONCLUSIVE.exit_code if skipped else 0


def _write(page: Path, text: str) -> None:
    try:
        page.write_text(text)
    except OSError as error:
        raise UsageError(f"--html: {page} cannot be written: {error.strerror}", hint="give another file") from error


def _exit_code(held: tuple[Broken, ...]) -> int:
    if any(item.broken for item in held):
        return Verdict.FAIL.exit_code
    return Verdict.INCONCLUSIVE.exit_code if any(item.broken is None for item in held) else 0
