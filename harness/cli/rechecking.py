"""`faultline recheck`: judge stored runs again with today's checks, with nothing running."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness import catalogue
from harness.cli.talk import Talker
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import ScheduledFault
from harness.core.plain import json_text
from harness.core.verdicts import worst_exit_code
from harness.judge import recheck as judge_again
from harness.judge import write_verdict
from harness.run.rendering import render_all, version


class Rechecked(msgspec.Struct, frozen=True):
    """What became of a run's verdict, as `--json` prints it."""

    run: str
    before: str | None
    verdict: str
    changes: tuple[str, ...]


def recheck(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of stored runs.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    parts: Annotated[
        int | None, typer.Option(help="Judge each run in so many parts, one after the other: less memory, more time.")
    ] = None,
) -> int:
    """Judge stored runs again from their folders and say what changed."""
    codes, documents = [], []
    talker = Talker()
    for folder in runs:
        code, document = _one(folder, parts, talker)
        codes.append(code)
        documents.append(document)
        if not as_json:
            _say(document)
    if as_json:
        sys.stdout.write(json_text(documents, indent=2) + "\n")
    return worst_exit_code(codes)


def _one(folder: Path, parts: int | None, talker: Talker) -> tuple[int, Rechecked]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="give folders that `faultline run` made: runs/<run>")
    with Evidence(folder) as evidence:
        scheduled = _scheduled(str(evidence.plan.get("scenario", ""))) if evidence.plan.get("faults", True) else ()
        judged_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        result = judge_again(
            folder, judged_at=judged_at, judged_by=version(), scheduled=scheduled, parts=parts, say=talker.line
        )
        write_verdict(result.now, folder)
        render_all(result.now, evidence)
    before = result.before.verdict.value if result.before else None
    now = result.now.verdict
    return now.exit_code, Rechecked(str(folder), before, now.value, tuple(result.changes))


def _scheduled(scenario_name: str) -> Sequence[ScheduledFault] | None:
    """Return the scenario's faults, which know how to count their hits; None where the scenario is gone."""
    if scenario_name not in catalogue.scenario_names():
        return None
    return catalogue.scenario(scenario_name).faults


def _say(document: Rechecked) -> None:
    sys.stdout.write(f"{document.verdict}  {document.run}  (was {document.before or 'not judged'})\n")
    sys.stdout.write("".join(f"  {line}\n" for line in document.changes or ("nothing changed",)))
