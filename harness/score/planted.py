"""The table of planted bugs: how often each was caught, by what, after how long, and how its sound twins fared."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from harness import catalogue
from harness.score.cases import Case
from harness.score.outcome import Outcome
from harness.score.pairs import Pair, pair_up

COLUMNS = ("bug", "", "scenario", "caught", "seeds", "named", "after", "sound twin", "otherwise")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


class Twin(msgspec.Struct, frozen=True):
    """What a sound twin came to, as the published data has it."""

    verdict: str
    violated: tuple[str, ...]
    seconds: float
    tries: int


class Run(msgspec.Struct, frozen=True):
    """What one seed came to: the planted run and its twin (None: not run), as the published data has it."""

    seed: int
    revision: str
    caught: bool
    verdict: str
    violated: tuple[str, ...]
    seconds: float
    tries: int
    reasons: tuple[str, ...] = ()
    twin: Twin | None = None


class BugRow(msgspec.Struct, frozen=True):
    """One bug in one scenario: caught in so many runs of those there are, `missing` the seeds that never ran."""

    bug: str
    title: str
    caught_by: tuple[str, ...]
    scenario: str
    caught: int
    of: int
    missing: tuple[int, ...]
    runs: tuple[Run, ...]


class BugTable(msgspec.Struct, frozen=True):
    """The published data."""

    bugs: tuple[BugRow, ...]


def rows(cases: Iterable[Case], outcomes: Sequence[Outcome]) -> tuple[BugRow, ...]:
    """Return one row for each bug and scenario of the cases; what never ran is in it as `missing`."""
    cases = list(cases)
    pairs = pair_up(cases, outcomes)
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.bug, case.scenario), []).append(case)
    return tuple(_row(bug, scenario, group, pairs) for (bug, scenario), group in groups.items())


def _row(bug: str, scenario: str, group: Sequence[Case], pairs: Mapping[str, Pair]) -> BugRow:
    ran = [pairs[case.key] for case in group if case.key in pairs]
    return BugRow(
        bug=bug,
        title=catalogue.planted_bug(bug).title,
        caught_by=tuple(group[0].caught_by),
        scenario=scenario,
        caught=sum(pair.caught for pair in ran),
        of=len(ran),
        missing=tuple(case.seed for case in group if case.key not in pairs),
        runs=tuple(_run(pair) for pair in ran),
    )


def _run(pair: Pair) -> Run:
    planted, twin = pair.planted, pair.twin
    return Run(
        seed=planted.case.seed,
        revision=planted.revision,
        caught=pair.caught,
        verdict=planted.verdict,
        violated=tuple(sorted(planted.violated, key=_number)),
        seconds=planted.seconds,
        tries=planted.tries,
        reasons=() if pair.caught else planted.reasons,
        twin=Twin(twin.verdict, twin.violated, twin.seconds, twin.tries) if twin else None,
    )


def recorded(table: BugTable) -> Iterator[Outcome]:
    """Yield the outcomes behind a published table, twins too, so that a series goes on where its record is not."""
    for row in table.bugs:
        for run in row.runs:
            case = Case(row.scenario, run.seed, row.bug, row.caught_by)
            if twin := run.twin:
                yield Outcome(case.twin, twin.verdict, twin.violated, (), twin.seconds, run.revision, twin.tries)
            yield Outcome(case, run.verdict, run.violated, run.reasons, run.seconds, run.revision, run.tries)


def markdown(rows: Sequence[BugRow]) -> str:
    """Return the rows as a Markdown table, with the sum and the revisions under it."""
    runs = [run for row in rows for run in row.runs]
    revisions = Counter(run.revision or "unknown" for run in runs)
    made = ", ".join(f"`{name}` ({count})" for name, count in revisions.items()) or "none"
    return "\n".join(
        [
            HEAD,
            *(_line(row) for row in rows),
            "",
            _sum(rows),
            "",
            *_made_again(runs),
            f"Revisions, with the runs of planted bugs at each: {made}.",
        ]
    )


def _sum(rows: Sequence[BugRow]) -> str:
    """Return how many bugs were caught in every run there is, and of how many there are runs to make."""
    ran = {row.bug for row in rows if row.of}
    missed = {row.bug for row in rows if row.caught < row.of}
    begun = {row.bug for row in rows if row.missing} & ran
    waiting = {row.bug for row in rows} - ran
    caught, made = sum(row.caught for row in rows), sum(row.of for row in rows)
    told = [
        f"{len(ran - missed)} of {len(ran)} planted bugs that ran were caught in every run "
        f"while the sound twin passed: {caught} of {made} runs."
    ]
    told += [f"Not run yet: {len(waiting)}."] if waiting else []
    told += [f"With runs left to make: {len(begun)}."] if begun else []
    return " ".join(told)


def _made_again(runs: Sequence[Run]) -> list[str]:
    count = sum(run.tries > 1 or bool(run.twin and run.twin.tries > 1) for run in runs)
    return (
        [f"{count} of these runs, or their twins, were made again because they had come to INCONCLUSIVE.", ""]
        if count
        else []
    )


def _line(row: BugRow) -> str:
    runs = row.runs
    named = Counter(name for run in runs if run.caught for name in run.violated)
    told = ", ".join(
        name if count == row.caught else f"{name} ({count})"
        for name, count in sorted(named.items(), key=lambda item: _number(item[0]))
    )
    twins = Counter(run.twin.verdict if run.twin else "not run" for run in runs)
    seconds = [run.seconds for run in runs if run.caught]
    cells = (
        row.bug,
        row.title,
        f"`{row.scenario}`",
        f"{row.caught} of {row.of}",
        _seeds([run.seed for run in runs]),
        told or "-",
        f"{statistics.median(seconds):.0f} s" if seconds else "-",
        ", ".join(f"{verdict} {count}" for verdict, count in twins.items()) or "-",
        _otherwise(row),
    )
    return f"| {' | '.join(cells)} |"


def _seeds(seeds: Sequence[int]) -> str:
    ordered = sorted(seeds)
    whole = len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1))
    return f"{ordered[0]}-{ordered[-1]}" if whole else ", ".join(map(str, ordered)) or "-"


def _otherwise(row: BugRow) -> str:
    """Name the seeds of what was not caught, with what the runs came to."""
    told = []
    for run in row.runs:
        if not run.caught:
            named = f" {' '.join(run.violated)}" if run.violated else ""
            beside = run.twin.verdict if run.twin else "not run"
            told.append(f"seed {run.seed}: {run.verdict}{named}" + (f", twin {beside}" if beside != "PASS" else ""))
    told += [f"not run: {_seeds(row.missing)}"] if row.missing else []
    return "; ".join(told) or "-"


def _number(name: str) -> tuple[int, str]:
    digits = name[1:]
    return (int(digits), name) if digits.isdigit() else (0, name)
