"""Runs a batch of cases through the command line, as a user would, and tells of each run as it ends."""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import msgspec

from harness.bound import start_bound
from harness.score.cases import Batch, Case
from harness.score.outcome import Outcome
from harness.score.revision import revision

_REPORT = re.compile(r"report: (.*)/report\.html\s*")
_LAST_WORDS = 3
_INTERRUPTED = (130, 143)


class _Named(msgspec.Struct, frozen=True):
    """An invariant's finding, as far as a score wants it."""

    id: str
    verdict: str


class _Told(msgspec.Struct, frozen=True):
    """A run's verdict.json, or what `run --json` prints in its place, as far as a score wants it."""

    scenario: str
    verdict: str
    invariants: tuple[_Named, ...] = ()
    reasons: tuple[str, ...] = ()
    error: str = ""
    bug_reached: int | None = None
    started_at: str = ""
    judged_at: str = ""


@dataclass
class _Batch:
    """A batch under way: what is still to come, and what the process said last."""

    left: dict[str, Case]
    revision: str
    began: float = field(default_factory=time.monotonic)
    said: list[str] = field(default_factory=list)

    def outcome(self, told: _Told) -> Outcome | None:
        """Return the outcome of a run that this batch was waiting for."""
        case = self.left.pop(told.scenario, None)
        if case is None:
            return None
        seconds, self.began = time.monotonic() - self.began, time.monotonic()
        return Outcome(
            case,
            told.verdict,
            tuple(item.id for item in told.invariants if item.verdict == "FAIL"),
            told.reasons or tuple(filter(None, [told.error])),
            round(seconds, 2),
            self.revision,
            reached=told.bug_reached,
            began_at=told.started_at,
            ended_at=told.judged_at,
        )

    def never_ran(self, code: int) -> Iterator[Outcome]:
        """Yield an outcome for each case that the process ended without."""
        for case in self.left.values():
            yield Outcome(case, f"EXIT {code}", (), tuple(self.said), 0.0, self.revision)


class Runner:
    """Makes batches one after another on one platform, each in a process that ends with this one."""

    def __init__(self, out: Path, *, options: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        """Keep runs' folders in `out`; add `options` to each call, and `environment` to its environment."""
        self._out = out
        self._options = options
        self._environment = environment or {}
        self._process: subprocess.Popen[str] | None = None
        self.ended = False
        """Nothing more is started."""

    def carry_out(self, batch: Batch) -> Iterator[Outcome]:
        """Run a batch in one process and yield each outcome as its run ends.

        A run that the harness could not do is told at the end, from the process's own JSON; a case that the process
        never came to has the process's exit code for a verdict. After `end` nothing more is told.
        """
        if self.ended:
            return
        first = batch[0]
        arguments = ["run", *(case.scenario for case in batch), "--seed", str(first.seed), "--json"]
        arguments += ["--out", str(self._out), *self._options, *(["--bug", first.bug] if first.bug else [])]
        under_way = _Batch({case.scenario: case for case in batch}, revision())
        with tempfile.TemporaryFile("w+") as printed, self._start(arguments, printed) as process:
            try:
                yield from self._told(process, under_way)
            finally:
                self.end_process()
            code = process.wait()
            if code in _INTERRUPTED or self.ended:
                return
            yield from filter(None, map(under_way.outcome, _verdicts(printed)))
            yield from under_way.never_ran(code)

    def end(self) -> None:
        """Have what is under way heal and end, and start nothing more."""
        self.ended = True
        self.end_process()

    def end_process(self) -> None:
        """Close the standard input that the process is bound to. One that has ended does not mind."""
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def _start(self, arguments: Sequence[str], printed: TextIO) -> "subprocess.Popen[str]":
        self._process = start_bound(arguments, self._environment, printed)
        if self.ended:
            # Said by another thread while the process was being started.
            self.end_process()
        return self._process

    def _told(self, process: "subprocess.Popen[str]", under_way: _Batch) -> Iterator[Outcome]:
        assert process.stderr is not None
        for line in process.stderr:
            under_way.said = [*under_way.said, line.rstrip()][-_LAST_WORDS:]
            report = _REPORT.fullmatch(line)
            done = under_way.outcome(_stored(report[1])) if report else None
            if done:
                yield done


def _stored(folder: str) -> _Told:
    return msgspec.json.decode((Path(folder) / "verdict.json").read_bytes(), type=_Told)


def _verdicts(printed: TextIO) -> list[_Told]:
    """Return what the process printed on its standard output; nothing where it did not come to that."""
    printed.seek(0)
    try:
        loaded = msgspec.json.decode(printed.read(), type=_Told | list[_Told])
    except msgspec.DecodeError:
        return []
    return loaded if isinstance(loaded, list) else [loaded]
