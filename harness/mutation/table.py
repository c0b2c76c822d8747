"""The mutation score as data and as Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from harness.mutation.status import Status, Word
from harness.score.outcome import Outcome


class Sample(msgspec.Struct, frozen=True):
    """What was drawn: so many of the mutants in scope (as of a commit), and which runs they get."""

    sample: int
    mutants: int
    scope: str
    seed: int
    run_seed: int
    at_most: int
    scenarios: int


class Run(msgspec.Struct, frozen=True):
    """A run of one mutant."""

    scenario: str
    seed: int
    revision: str
    verdict: str
    violated: tuple[str, ...]
    reached: int | None
    seconds: float
    tries: int


class MutantRow(msgspec.Struct, frozen=True):
    """One mutant of the sample, and where it stands (see `Status`)."""

    mutant: str
    path: str
    line: int
    function: str
    operator: str
    diff: str
    status: Word
    caught: Run | None
    survived: tuple[Run, ...]
    unsaid: tuple[Run, ...]
    left: tuple[str, ...]
    reason: str


class Summary(msgspec.Struct, frozen=True, rename={"does_not_run": "does not run", "never_reached": "never reached"}):
    """How many mutants have each status; the score is of those that were reached and are not equivalent."""

    caught: int
    survived: int
    does_not_run: int
    never_reached: int
    equivalent: int
    open: int
    sample: int
    score: float | None
    revisions: Mapping[str, int]

    @property
    def decided(self) -> int:
        """How many the score is of."""
        return self.caught + self.survived + self.does_not_run


class MutantTable(msgspec.Struct, frozen=True):
    """The published data."""

    sample: Sample
    summary: Summary
    mutants: tuple[MutantRow, ...]


def rows(statuses: Sequence[Status], sources: Mapping[str, bytes]) -> tuple[MutantRow, ...]:
    """Return one row for each mutant of the sample."""
    return tuple(_row(status, sources[status.mutant.path]) for status in statuses)


def _row(status: Status, source: bytes) -> MutantRow:
    mutant = status.mutant
    return MutantRow(
        mutant=mutant.id,
        path=mutant.path,
        line=mutant.line,
        function=mutant.function,
        operator=mutant.operator,
        diff=mutant.diff(source),
        status=status.word,
        caught=_run(status.caught) if status.caught else None,
        survived=tuple(_run(run) for run in status.survived),
        unsaid=tuple(_run(run) for run in status.unsaid),
        left=status.left,
        reason=status.reason,
    )


def _run(run: Outcome) -> Run:
    return Run(
        scenario=run.case.scenario,
        seed=run.case.seed,
        revision=run.revision,
        verdict=run.verdict,
        violated=tuple(sorted(run.violated, key=lambda name: int(name[1:]))),
        reached=run.reached,
        seconds=run.seconds,
        tries=run.tries,
    )


def summary(rows: Sequence[MutantRow]) -> Summary:
    """Return the counts: of each status, and the score among those that were reached and are not equivalent."""
    count = Counter(row.status for row in rows)
    decided = count["caught"] + count["survived"] + count["does not run"]
    return Summary(
        caught=count["caught"],
        survived=count["survived"],
        does_not_run=count["does not run"],
        never_reached=count["never reached"],
        equivalent=count["equivalent"],
        open=count["open"],
        sample=len(rows),
        score=round(count["caught"] / decided, 4) if decided else None,
        revisions=dict(Counter(row.caught.revision for row in rows if row.caught)),
    )


def markdown(rows: Sequence[MutantRow], told: Sample) -> str:
    """Return the tables: the score, what was caught by what, and each mutant that was not. `told`: about the sample."""
    count = summary(rows)
    lines = [
        f"Sample of {told.sample} of {told.mutants} mutants in scope (`scope.toml` as of `{told.scope}`), "
        f"drawn with seed {told.seed}; runs with seed {told.run_seed}, at most {told.at_most} scenarios for "
        f"each mutant, of {told.scenarios} whose reach is known.",
        "",
        "| caught | survived | does not run | never reached | equivalent | still open | score |",
        "|---|---|---|---|---|---|---|",
        f"| {count.caught} | {count.survived} | {count.does_not_run} | {count.never_reached} | "
        f"{count.equivalent} | {count.open} | {_score(count)} |",
        "",
        f"Revisions, with what was caught at each: {_listed(count.revisions) or 'none'}.",
    ]
    lines += _caught(rows)
    lines += _listing("Survived", rows, "survived")
    lines += _listing("Does not run", rows, "does not run")
    lines += _listing("Never reached", rows, "never reached")
    lines += _listing("Equivalent", rows, "equivalent")
    return "\n".join(lines)


def _score(count: Summary) -> str:
    return "-" if count.score is None else f"{count.caught} of {count.decided} ({count.score:.0%})"


def _listed(count: Mapping[str, int]) -> str:
    return ", ".join(f"`{name}` ({number})" for name, number in count.items())


def _caught(rows: Sequence[MutantRow]) -> list[str]:
    lines = [
        f"| {row.mutant} | `{row.path}:{row.line}` `{row.function}` | {row.operator} | "
        f"{' '.join(run.violated)} | `{run.scenario}` | {run.seconds:.0f} s |"
        for row in rows
        if (run := row.caught)
    ]
    head = ["", "### Caught", "", "| mutant | where | fault | by | in | after |", "|---|---|---|---|---|---|"]
    return [*head, *lines] if lines else []


def _listing(title: str, rows: Sequence[MutantRow], word: Word) -> list[str]:
    chosen = [row for row in rows if row.status == word]
    lines = ["", f"### {title}", ""] if chosen else []
    for row in chosen:
        lines += [f"**{row.mutant}** `{row.path}:{row.line}` `{row.function}`: {row.operator}. {_story(row)}", ""]
        lines += ["```diff", row.diff, "```", ""]
    return lines


def _story(row: MutantRow) -> str:
    if row.reason:
        return row.reason
    told = [f"`{run.scenario}` {run.verdict}" for run in (*row.survived, *row.unsaid)]
    return f"Tried: {', '.join(told)}." if told else ""
