"""Runs a batch of cases through the command line, as a user would, and tells of each run as it ends."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from benchmarks.soak.cases import Batch, Case

_REPORT = re.compile(r"report: (.*)/report\.html\s*")
_LAST_WORDS = 3


@dataclass(frozen=True)
class Outcome:
    """What a case came to."""

    case: Case
    verdict: str
    violated: tuple[str, ...]
    reasons: tuple[str, ...]
    seconds: float

    @property
    def as_it_should_be(self) -> bool:
        """A sound run passes; a planted bug fails, naming one of its invariants."""
        if not self.case.bug:
            return self.verdict == "PASS"
        return self.verdict == "FAIL" and bool(set(self.violated) & set(self.case.caught_by))


def command(*arguments: str) -> list[str]:
    """Return the command line of `faultline` in this very interpreter."""
    return [sys.executable, "-m", "harness.cli.main", *arguments]


@dataclass
class _Batch:
    """A batch under way: what is still to come, and what the process said last."""

    left: dict[str, Case]
    began: float = field(default_factory=time.monotonic)
    said: list[str] = field(default_factory=list)

    def outcome(self, verdict: Mapping[str, Any]) -> Outcome | None:
        """Return the outcome of a run that this batch was waiting for."""
        case = self.left.pop(str(verdict.get("scenario")), None)
        if case is None:
            return None
        seconds, self.began = time.monotonic() - self.began, time.monotonic()
        found = tuple(item["id"] for item in verdict.get("invariants", []) if item["verdict"] == "FAIL")
        reasons = tuple(verdict.get("reasons", ())) or tuple(filter(None, [verdict.get("error", "")]))
        return Outcome(case, str(verdict["verdict"]), found, reasons, seconds)

    def never_ran(self, code: int) -> Iterator[Outcome]:
        """Yield an outcome for each case that the process ended without."""
        yield from (Outcome(case, f"EXIT {code}", (), tuple(self.said), 0.0) for case in self.left.values())


def carry_out(batch: Batch, *, out: str, options: Sequence[str] = ()) -> Iterator[Outcome]:
    """Run a batch in one process and yield each outcome as its run ends.

    A run that the harness could not do is told at the end, from the process's own JSON; a case that the process never
    came to has the process's exit code for a verdict.
    """
    first = batch[0]
    arguments = ["run", *(case.scenario for case in batch), "--seed", str(first.seed), "--json", "--out", out]
    arguments += [*options, *(["--bug", first.bug] if first.bug else [])]
    under_way = _Batch({case.scenario: case for case in batch})
    with (
        tempfile.TemporaryFile("w+") as printed,
        subprocess.Popen(command(*arguments), stdout=printed, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            under_way.said = [*under_way.said, line.rstrip()][-_LAST_WORDS:]
            report = _REPORT.fullmatch(line)
            done = under_way.outcome(_stored(report[1])) if report else None
            if done:
                yield done
        code = process.wait()
        for verdict in _verdicts(printed):
            done = under_way.outcome(verdict)
            if done:
                yield done
        yield from under_way.never_ran(code)


def _stored(folder: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads((Path(folder) / "verdict.json").read_text())
    return loaded


def _verdicts(printed: TextIO) -> list[Mapping[str, Any]]:
    """Return what the process printed on its standard output; nothing where it did not come to that."""
    printed.seek(0)
    try:
        loaded = json.load(printed)
    except ValueError:
        return []
    return loaded if isinstance(loaded, list) else [loaded]
