"""`faultline mutants`: how many small realistic faults of the platform does the judge catch?"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness.catalogue import ROOT
from harness.cli.expressible import choose
from harness.cli.recorded import open_record, resumable, tell_table
from harness.cli.scoring import MAX_SEEDS, checked_ports
from harness.cli.talk import Talker
from harness.core.errors import UsageError
from harness.mutation.campaign import Campaign
from harness.mutation.equivalents import check_share, load_equivalents
from harness.mutation.mutant import Mutant, by_id
from harness.mutation.overlay import write_mutant, write_reporting
from harness.mutation.reach import ReachMap, noted, numbered, reports_of
from harness.mutation.scope import Scope, all_mutants, committed, drawn, load_scope
from harness.mutation.status import Knowledge
from harness.mutation.table import MutantTable, Sample, markdown, rows, summary
from harness.score.cases import Case
from harness.score.lanes import Lanes
from harness.score.outcome import Outcome, Record
from harness.score.publishing import check_page
from harness.score.revision import revision
from harness.score.series import Series
from harness.targets.registry import DEFAULT, KINDS
from harness.targets.sources import SOURCE
from harness.workspace import Workspace, check_writable


@dataclass(frozen=True)
class _Series:
    """What the command line asked for, checked."""

    sample: Sequence[Mutant]
    mutants: Sequence[Mutant]
    sources: Mapping[str, bytes]
    equivalents: Mapping[str, str]
    scope: str
    seed: int
    run_seed: int
    at_most: int
    jobs: int
    base_port: int
    out: Path
    again: bool

    def knowledge(
        self, record: Record, reach: ReachMap, *, scenarios: Sequence[str] | None = None, every: Sequence[str] = ()
    ) -> Knowledge:
        """Return what the record and the reach map tell of the mutants (see `Knowledge`)."""
        return Knowledge(
            record.outcomes,
            reach,
            self.equivalents,
            seed=self.run_seed,
            at_most=self.at_most,
            again=self.again,
            scenarios=scenarios,
            every=every,
        )


def mutants(
    sample: Annotated[int, typer.Option(help="How many mutants are drawn.")] = 150,
    seed: Annotated[int, typer.Option(help="Draws the sample; a larger sample of the same seed begins with it.")] = 1,
    mutant: Annotated[list[str] | None, typer.Option(help="Only this mutant, drawn or not; repeatable.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Use only this scenario; repeatable.")] = None,
    run_seed: Annotated[int, typer.Option(help="The seed of every run.")] = 1,
    at_most: Annotated[int, typer.Option(help="Scenarios that are tried on a mutant before it has survived.")] = 6,
    jobs: Annotated[int, typer.Option(help="Platforms side by side; one for each core.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the record and the runs' folders go.")] = Path("runs/mutants"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the series that is recorded in --out.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --resume: make INCONCLUSIVE runs again too.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Run nothing; print the sample with its diffs.")] = False,
    make: Annotated[str | None, typer.Option(help="Make this mutant's platform for `faultline run --bug`.")] = None,
    only_table: Annotated[bool, typer.Option("--only-table", help="Run nothing; print what is recorded.")] = False,
    page: Annotated[
        Path | None, typer.Option("--publish", help="Put the tables into this page, such as docs/mutation-score.md.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown.")] = False,
    base_port: Annotated[int | None, typer.Option(help="First of the platforms' ports.")] = None,
) -> int:
    """Make small faults in the platform, run each under the scenarios that reach it, and say which were caught.

    Caught means FAIL by an invariant while the same scenario and seed pass without the fault. First the sound twins
    run, on a platform that tells which mutable places each scenario reaches. Exit code: 0 when nothing is open, else 2.
    """
    scope = load_scope()
    everything = all_mutants(scope)
    if make:
        return _make(_chosen(everything, [make])[0])
    if not 1 <= sample <= len(everything):
        raise UsageError(f"--sample: {sample} is not between 1 and {len(everything)}, the number of mutants in scope")
    if not 1 <= at_most <= MAX_SEEDS:
        raise UsageError(f"--at-most: {at_most} is not between 1 and {MAX_SEEDS}")
    if again and not resume:
        raise UsageError("--again needs a series to go on with", hint="add --resume")
    if page:
        check_page(page, "mutants")
    chosen = _chosen(everything, mutant) if mutant else drawn(everything, sample, seed)
    sources = _sources(scope)
    if listed:
        return _list(chosen, sources)
    equivalents = load_equivalents(by_id(everything), sources)
    if not mutant:
        check_share(chosen, equivalents)
    first_port = checked_ports(jobs, base_port)
    scenarios = _scenarios(scenario or [])
    check_writable(out)
    record = open_record(out / "mutants.jsonl", fresh=not (resume or only_table))
    series = _Series(
        chosen, everything, sources, equivalents, committed(), seed, run_seed, at_most, jobs, first_port, out, again
    )
    talker = Talker()
    reach = ReachMap(out / "reach.json")
    if not only_table:
        _run(series, scenarios, record, reach, talker)
    return _tell(series, record, reach, page, talker, as_json=as_json)


def _chosen(everything: Sequence[Mutant], names: Sequence[str]) -> list[Mutant]:
    known = by_id(everything)
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"no such mutants: {', '.join(unknown)}", hint="`faultline mutants --list` prints a sample")
    return [known[name] for name in dict.fromkeys(names)]


def _sources(scope: Scope) -> dict[str, bytes]:
    return {name: (ROOT / name).read_bytes() for name in (*scope.python, *scope.sql)}


def _make(mutant: Mutant) -> int:
    folder = Workspace.locate().mutants / mutant.id
    write_mutant(folder, mutant)
    sys.stdout.write(f"{folder}\n")
    sys.stderr.write(f"{mutant.title}\nrun it: faultline run SCENARIO --bug {mutant.id}\n")
    return 0


def _list(sample: Sequence[Mutant], sources: Mapping[str, bytes]) -> int:
    for mutant in sample:
        sys.stdout.write(f"{mutant.id}  {mutant.title}\n{mutant.diff(sources[mutant.path])}\n\n")
    return 0


def _scenarios(named: Sequence[str]) -> list[str]:
    """Return the scenarios that the default target can run, or those that were named."""
    asked = [(name, catalogue.scenario(name)) for name in named or catalogue.scenario_names()]
    return [name for name, _ in choose(asked, KINDS[DEFAULT], named=bool(named)).scenarios]


def _require_down() -> None:
    """Raise `UsageError` where a platform is up: it would go on with the code that it has."""
    if KINDS[DEFAULT].is_up(Workspace.locate()):
        raise UsageError(
            "mutants start platforms of their own, and one is up in this workspace", hint="`faultline down`"
        )


def _run(asked: _Series, scenarios: Sequence[str], record: Record, reach: ReachMap, talker: Talker) -> None:
    _require_down()
    with resumable(asked.out):
        _twins(asked, scenarios, record, reach, talker)
        _campaign(asked, scenarios, record, reach, talker)


def _twins(asked: _Series, scenarios: Sequence[str], record: Record, reach: ReachMap, talker: Talker) -> None:
    """Run the sound twins that are missing at this revision, on the platform that reports what is reached."""
    now = revision()
    known = asked.knowledge(record, reach)
    missing = [name for name in scenarios if not _has_twin(known, name, now, again=asked.again)]
    if not missing:
        return
    sites = numbered(asked.mutants)
    copy, notes = Workspace.locate().mutants / "reporting", Workspace.locate().root / "reached"
    write_reporting(copy, notes, sites)
    series = Series(record, len(missing), talker.line)

    def told(outcome: Outcome) -> None:
        series.told(outcome)
        if outcome.began_at:
            found = reports_of(noted(notes, outcome.began_at, outcome.ended_at), asked.mutants, sites)
            reach.add(outcome.case.scenario, found, now)
            talker.line(f"  reaches {len(found)} of {len(asked.mutants)} mutants")

    talker.line(f"{len(missing)} sound twins to run, which tell what each scenario reaches")
    lanes = Lanes(asked.jobs, out=asked.out, base_port=asked.base_port, told=told, environment={SOURCE: str(copy)})
    lanes.carry_out([[Case(name, asked.run_seed)] for name in missing])


def _has_twin(known: Knowledge, scenario: str, now: str, *, again: bool) -> bool:
    twin = known.twin_of(scenario, now)
    return twin is not None and (twin.verdict in ("PASS", "FAIL") or (twin.verdict == "INCONCLUSIVE" and not again))


def _campaign(asked: _Series, scenarios: Sequence[str], record: Record, reach: ReachMap, talker: Talker) -> None:
    knowledge = asked.knowledge(record, reach, scenarios=scenarios)
    now = revision()
    statuses = [knowledge.status(mutant, now) for mutant in asked.sample]
    campaign = Campaign(asked.sample, knowledge, now)
    series = Series(record, sum(bool(status.left) for status in statuses), talker.line, campaign.worded)

    def told(outcome: Outcome) -> None:
        campaign.told(outcome)
        series.told(outcome)

    talker.line(f"{sum(bool(status.left) for status in statuses)} of {len(asked.sample)} mutants have runs to make")
    lanes = Lanes(asked.jobs, out=asked.out, base_port=asked.base_port, told=told, prepare=campaign.prepare)
    lanes.carry_out(campaign.batches())


def _tell(asked: _Series, record: Record, reach: ReachMap, page: Path | None, talker: Talker, *, as_json: bool) -> int:
    """Print the tables, keep them and their data beside the record, and return the exit code."""
    knowledge = asked.knowledge(record, reach, every=_scenarios([]))
    now = revision()
    found = rows([knowledge.status(mutant, now) for mutant in asked.sample], asked.sources)
    told = Sample(
        sample=len(asked.sample),
        mutants=len(asked.mutants),
        scope=asked.scope,
        seed=asked.seed,
        run_seed=asked.run_seed,
        at_most=asked.at_most,
        scenarios=len(reach.scenarios),
    )
    table, data = markdown(found, told), MutantTable(told, summary(found), found)
    tell_table("mutants", table, data, asked.out, page, talker, as_json=as_json)
    return 2 if any(row.status == "open" for row in found) else 0
