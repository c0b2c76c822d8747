"""`faultline run --jobs N`: several platforms side by side, each with its share of the scenarios.

A scenario mostly waits: for its faults, its load, its leases. On two cores two platforms halve the time of `--all`.
Each job is a `faultline run` of its own, in a workspace and with ports of its own, so nothing of one can disturb the
other but the machine's speed; whether that did harm, every run's generator certificate says.

A job lives no longer than the one who asked for it (`harness.bound`).
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from harness.bound import start_bound
from harness.core.errors import Interrupted
from harness.core.plain import JsonObject
from harness.core.verdicts import worst_exit_code
from harness.provision.ports import SPAN
from harness.workspace import Workspace

PORTS_APART = SPAN
"""From one job's base port to the next one's."""
AROUND_LOAD_S = 8.0
"""What a scenario takes besides its load, roughly; used for sharing out only."""
ENDING_S = 60.0
_REPORT, _PAGE = "report: ", "report.html"


@dataclass
class _Job:
    """One `faultline run` under way. `said` is its last line, for when it dies without a word of JSON."""

    names: Sequence[str]
    process: "subprocess.Popen[str]"
    printed: IO[str]
    said: list[str] = field(default_factory=list)

    def verdicts(self) -> list[JsonObject]:
        """Return what it printed, and for what it never came to, that the harness failed."""
        self.printed.seek(0)
        text = self.printed.read()
        loaded = json.loads(text) if text.strip() else []
        told: list[JsonObject] = loaded if isinstance(loaded, list) else [loaded]
        missing = set(self.names) - {verdict["scenario"] for verdict in told}
        why = self.said[-1] if self.said else f"exit code {self.process.returncode}"
        for name in self.names:
            if name in missing:
                told.append({"scenario": name, "verdict": "HARNESS_FAILED", "error": why})
        return told


def shared_out(lengths_s: Mapping[str, float], jobs: int) -> list[list[str]]:
    """Return at most `jobs` lots of scenario names that take about equally long; none is empty."""
    lots: list[list[str]] = [[] for _ in range(min(jobs, len(lengths_s)))]
    took = [0.0] * len(lots)
    for name in sorted(lengths_s, key=lambda each: -lengths_s[each]):
        shortest = took.index(min(took))
        lots[shortest].append(name)
        took[shortest] += lengths_s[name] + AROUND_LOAD_S
    return lots


def run_side_by_side(
    lots: Sequence[Sequence[str]], options: Sequence[str], base_port: int
) -> tuple[int, list[JsonObject]]:
    """Run the lots at the same time. Return the worst exit code and all verdicts.

    `options` go to every job as they are. Each run's text is printed on standard output as it ends, unless `--json` is
    among them; progress goes to standard error, with the job's number before it.
    """
    talking = threading.Lock()
    jobs: list[_Job] = []
    readers: list[threading.Thread] = []
    try:
        for number, names in enumerate(lots):
            jobs.append(_started(number, names, [*options, "--base-port", str(base_port + number * PORTS_APART)]))
            reader = threading.Thread(target=_pass_on, args=(jobs[-1], number, "--json" in options, talking))
            reader.start()
            readers.append(reader)
        codes = [job.process.wait() for job in jobs]
        for reader in readers:
            reader.join()
        return worst_exit_code(codes), [verdict for job in jobs for verdict in job.verdicts()]
    except Interrupted as stopped:
        told = "the lines above say what each job put back and where its evidence is"
        raise Interrupted(stopped.signum, f"interrupted ({stopped.name}): {told}") from stopped
    finally:
        for job in jobs:
            _told_to_end(job)
        for job in jobs:
            _ended(job)
        for reader in readers:
            reader.join()


def _started(number: int, names: Sequence[str], options: Sequence[str]) -> _Job:
    workspace = Workspace.locate().job(number)
    arguments = ["run", *names, *(option for option in options if option != "--json"), "--json"]
    printed = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the job
    return _Job(names, start_bound(arguments, {"FAULTLINE_WORKSPACE": str(workspace.root)}, printed), printed)


def _pass_on(job: _Job, number: int, quiet: bool, talking: threading.Lock) -> None:
    assert job.process.stderr is not None
    with job.process.stderr as lines:
        for line in lines:
            job.said[:] = [line.rstrip()] if line.strip() else job.said
            with talking:
                sys.stderr.write(f"{number + 1}| {line.rstrip()}\n")
                sys.stderr.flush()
                if line.startswith(_REPORT) and not quiet:
                    sys.stdout.write(_text_of(line))
                    sys.stdout.flush()


def _text_of(line: str) -> str:
    page = Path(line.removeprefix(_REPORT).strip())
    try:
        return page.with_name("report.txt").read_text().rstrip() + "\n\n"
    except OSError as error:
        return f"the text of {page.parent} cannot be read: {error.strerror}\n"


def _told_to_end(job: _Job) -> None:
    assert job.process.stdin is not None
    job.process.stdin.close()


def _ended(job: _Job) -> None:
    try:
        job.process.wait(timeout=ENDING_S)
    except subprocess.TimeoutExpired:
        job.process.kill()  # its guard heals and cleans up
        job.process.wait()
    job.printed.close()
