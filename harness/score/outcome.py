"""What a run came to, and the record of many: a line for each, from which an interrupted series goes on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from harness.core.plain import json_text
from harness.score.cases import Case

CONCLUSIVE = frozenset({"PASS", "FAIL", "INCONCLUSIVE"})
"""Verdicts of a run that took place. The others say that there was none."""


@dataclass(frozen=True)
class Outcome:
    """What a case came to.

    `violated`: invariants that were; `seconds`: from its start to its verdict, with the platform's change before it;
    `revision`: of the code (`harness.score.revision`); `tries`: how often it was made, of which this is the last;
    `reached`: how often the bug's code was; `began_at`, `ended_at`: of the run proper, in UTC to the second.
    """

    case: Case
    verdict: str
    violated: tuple[str, ...]
    reasons: tuple[str, ...]
    seconds: float
    revision: str = ""
    tries: int = 1
    reached: int | None = None
    began_at: str = ""
    ended_at: str = ""

    @property
    def as_it_should_be(self) -> bool:
        """A sound run passes; a planted bug fails, naming one of its invariants."""
        if not self.case.bug:
            return self.verdict == "PASS"
        return self.verdict == "FAIL" and bool(set(self.violated) & set(self.case.caught_by))


class Record:
    """Outcomes in a file of JSON lines; the latest of each case and revision counts."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        """Open the record: go on with the one that is there, or begin a new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._latest = _read(path) if resume else {}
        self._write()

    @property
    def outcomes(self) -> list[Outcome]:
        """Every outcome that counts, in the order of the runs."""
        return list(self._latest.values())

    @property
    def latest(self) -> list[Outcome]:
        """The last outcome of each case, at whichever revision."""
        return list({item.case.key: item for item in self.outcomes}.values())

    @property
    def done(self) -> set[str]:
        """Keys of the cases that need not be run again. What never ran, or the harness failed at, is not done."""
        return {item.case.key for item in self.outcomes if item.verdict in CONCLUSIVE}

    def add(self, outcome: Outcome) -> None:
        """Note an outcome at once, in place of an earlier one of the same case and revision."""
        earlier = self._latest.pop(_identity(outcome), None)
        if earlier and earlier.verdict in CONCLUSIVE:
            outcome = replace(outcome, tries=earlier.tries + 1)
        self._latest[_identity(outcome)] = outcome
        with self._path.open("a") as stream:
            stream.write(_line(outcome))

    def adopt(self, outcomes: Iterable[Outcome]) -> None:
        """Take over outcomes of another record, as older than all of this one's; what this one has already stays."""
        older = {_identity(outcome): outcome for outcome in outcomes}
        self._latest = {**{key: item for key, item in older.items() if key not in self._latest}, **self._latest}
        self._write()

    def _write(self) -> None:
        self._path.write_text("".join(_line(outcome) for outcome in self._latest.values()))


def _identity(outcome: Outcome) -> tuple[str, str]:
    return outcome.case.key, outcome.revision


def _line(outcome: Outcome) -> str:
    return json_text(outcome) + "\n"


def _read(path: Path) -> dict[tuple[str, str], Outcome]:
    latest: dict[tuple[str, str], Outcome] = {}
    for found in _outcomes(path):
        latest.pop(_identity(found), None)
        latest[_identity(found)] = found
    return latest


def _outcomes(path: Path) -> Iterator[Outcome]:
    """Yield what a file's lines say; one that was cut off by a kill is a run that has to be made again."""
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            yield msgspec.json.decode(line, type=Outcome)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            continue
