"""The record of a soak, a line for each run that ended, from which an interrupted soak goes on; and its table."""

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.soak.cases import Case
from benchmarks.soak.running import Outcome


class Record:
    """Outcomes in `soak.jsonl`, beside the runs' folders."""

    def __init__(self, folder: Path, *, resume: bool) -> None:
        """Open the record: go on with the one that is there, or begin a new one."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "soak.jsonl"
        self.outcomes: list[Outcome] = list(_read(self._path)) if resume else []
        self._path.write_text("".join(_line(outcome) for outcome in self.outcomes))

    @property
    def done(self) -> set[str]:
        """Keys of the cases that need not be run again. What never ran, or the harness failed at, is not done."""
        return {item.case.key for item in self.outcomes if item.verdict in {"PASS", "FAIL", "INCONCLUSIVE"}}

    def add(self, outcome: Outcome) -> None:
        """Note an outcome at once, in place of an earlier one of the same case."""
        self.outcomes = [item for item in self.outcomes if item.case.key != outcome.case.key] + [outcome]
        with self._path.open("a") as stream:
            stream.write(_line(outcome))


def _line(outcome: Outcome) -> str:
    return json.dumps(asdict(outcome)) + "\n"


def _read(path: Path) -> Iterator[Outcome]:
    """Yield the last outcome of each case; a line that was cut off by a kill is a run that has to be made again."""
    latest: dict[str, Outcome] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            item = json.loads(line)
        except ValueError:
            continue
        case = Case(**{**item["case"], "caught_by": tuple(item["case"]["caught_by"])})
        found = Outcome(case, item["verdict"], tuple(item["violated"]), tuple(item["reasons"]), item["seconds"])
        latest[case.key] = found
    yield from latest.values()


def table(outcomes: Sequence[Outcome]) -> str:
    """Return Markdown tables of all outcomes: sound runs by scenario, planted bugs by bug and scenario."""
    sound = [item for item in outcomes if not item.case.bug]
    planted = [item for item in outcomes if item.case.bug]
    lines = []
    if sound:
        lines += ["| scenario | passed | seeds | median time | otherwise |", "|---|---|---|---|---|"]
        lines += [_row(name, group) for (name,), group in _groups(sound, "scenario")]
    if planted:
        lines += [""] if lines else []
        lines += [
            "| bug | scenario | caught | seeds | median time | named | otherwise |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_bug_row(*key, group) for key, group in _groups(planted, "bug", "scenario")]
    return "\n".join(lines)


def _groups(outcomes: Sequence[Outcome], *names: str) -> Iterator[tuple[tuple[str, ...], list[Outcome]]]:
    keys = dict.fromkeys(tuple(str(getattr(item.case, name)) for name in names) for item in outcomes)
    for key in keys:
        yield key, [item for item in outcomes if tuple(str(getattr(item.case, name)) for name in names) == key]


def _row(name: str, group: Sequence[Outcome]) -> str:
    return f"| `{name}` | {_right(group)} of {len(group)} | {_seeds(group)} | {_median(group)} | {_otherwise(group)} |"


def _bug_row(bug: str, scenario: str, group: Sequence[Outcome]) -> str:
    named = ", ".join(sorted({name for item in group for name in item.violated}, key=lambda name: int(name[1:])))
    return (
        f"| {bug} | `{scenario}` | {_right(group)} of {len(group)} | {_seeds(group)} | {_median(group)} | "
        f"{named or '-'} | {_otherwise(group)} |"
    )


def _right(group: Sequence[Outcome]) -> int:
    return sum(item.as_it_should_be for item in group)


def _seeds(group: Sequence[Outcome]) -> str:
    seeds = sorted(item.case.seed for item in group)
    whole = seeds == list(range(seeds[0], seeds[-1] + 1)) and len(seeds) > 1
    return f"{seeds[0]}-{seeds[-1]}" if whole else ", ".join(map(str, seeds))


def _median(group: Sequence[Outcome]) -> str:
    return f"{statistics.median(item.seconds for item in group):.0f} s"


def _otherwise(group: Sequence[Outcome]) -> str:
    """Name the seeds that did not come to what they should, with what they came to."""
    return ", ".join(f"seed {item.case.seed}: {item.verdict}" for item in group if not item.as_it_should_be) or "-"
