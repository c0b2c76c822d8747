"""RTO by phase and RPO of the failovers in stored runs, as a Markdown table.

    python -m benchmarks.soak --seeds 10 --out runs/failovers --scenario database_primary_killed \\
        --scenario database_node_lost --scenario planned_switchover
    python -m benchmarks.failovers runs/failovers

A row is a scenario, over all its sound runs in the folders named: median and largest seconds of each phase (see
`harness.core.recovery`), of the clients' outage, and what was lost. A phase with no known end in some run says in how
many it was known. Exit code 64 where no folder holds a failover.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from harness.core.recovery import PHASES


class _Phase(msgspec.Struct):
    name: str
    from_s: float | None
    to_s: float | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None where an end is not known."""
        return None if self.from_s is None or self.to_s is None else self.to_s - self.from_s


class _Failover(msgspec.Struct):
    phases: list[_Phase]
    service: _Phase


class Loss(msgspec.Struct):
    """The account of what was lost."""

    payments: int = 0
    at_stake: int = 0
    known: bool = True


class Verdict(msgspec.Struct):
    """What is wanted of a stored verdict."""

    scenario: str
    verdict: str
    bug: str | None = None
    recovery: list[_Failover] = []
    data_loss: Loss | None = None


_HEAD = ("scenario", "runs", "passed", *PHASES, "clients", "payments lost, of acknowledged before")


def table(verdicts: Iterable[Verdict]) -> str:
    """Return the table of the sound runs in which a failover was seen; '' where there is none."""
    by_scenario: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.recovery and not verdict.bug:
            by_scenario[verdict.scenario].append(verdict)
    if not by_scenario:
        return ""
    rows = [_HEAD, ("---",) * len(_HEAD), *(_row(name, by_scenario[name]) for name in sorted(by_scenario))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(name: str, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    failovers = [failover for verdict in verdicts for failover in verdict.recovery]
    spans = [_spread([_phase(failover, phase) for failover in failovers]) for phase in PHASES]
    clients = _spread([failover.service.seconds for failover in failovers])
    passed = sum(verdict.verdict == "PASS" for verdict in verdicts)
    return (f"`{name}`", str(len(verdicts)), str(passed), *spans, clients, _lost(verdicts))


def _phase(failover: _Failover, name: str) -> float | None:
    return next((phase.seconds for phase in failover.phases if phase.name == name), None)


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "not known"
    spread = f"{statistics.median(known):.2f} (max {max(known):.2f})"
    return spread if len(known) == len(values) else f"{spread}, known in {len(known)} of {len(values)}"


def _lost(verdicts: Sequence[Verdict]) -> str:
    accounts = [verdict.data_loss for verdict in verdicts]
    known = [account for account in accounts if account and account.known]
    lost, at_stake = sum(account.payments for account in known), sum(account.at_stake for account in known)
    told = f"{lost} of {at_stake:,}"
    return told if len(known) == len(verdicts) else f"{told}, known in {len(known)} of {len(verdicts)}"


def stored(folders: Iterable[Path]) -> Iterator[Verdict]:
    """Yield the verdicts below the folders, oldest first."""
    for folder in folders:
        for path in sorted(folder.rglob("verdict.json")):
            yield msgspec.json.decode(path.read_bytes(), type=Verdict)


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failovers", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="where the runs are stored")
    made = table(stored(parser.parse_args().folders))
    if not made:
        print("error: no run with a failover is stored there\nhint: the first lines of this module", file=sys.stderr)
        return 64
    print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
