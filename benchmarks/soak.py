"""Every scenario with several seeds, and every planted bug with its sound twin: `make test-all`.

Prints a line as each run ends and a table at the end. Exit code 0 only when every sound run passed and every planted
bug was caught by an invariant that its catalogue entry names.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import catalogue


@dataclass(frozen=True)
class Case:
    """One run to make: a scenario, a seed, and perhaps a planted bug with the invariants that must name it."""

    scenario: str
    seed: int
    bug: str = ""
    caught_by: tuple[str, ...] = ()


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


def sound_cases(names: Sequence[str], seeds: Sequence[int]) -> Iterator[Case]:
    """Yield every scenario with every seed, seed by seed, so that a slow drift shows."""
    yield from (Case(name, seed) for seed in seeds for name in names)


def bug_cases(names: Sequence[str], seeds: Sequence[int]) -> Iterator[Case]:
    """Yield every planted bug in the scenarios that show it, grouped by bug: a change of bug restarts the platform."""
    for bug in catalogue.planted_bugs().values():
        for name in bug.shown_by:
            if not names or bug.id in names:
                yield from (Case(name, seed, bug.id, bug.caught_by) for seed in seeds)


def carry_out(case: Case, out: str) -> Outcome:
    """Run one case through the command line, as a user would."""
    command = [sys.executable, "-m", "harness.cli.main", "run", case.scenario, "--seed", str(case.seed)]
    command += ["--json", "--out", out] + (["--bug", case.bug] if case.bug else [])
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    try:
        verdict = json.loads(done.stdout)
    except ValueError:
        return Outcome(case, f"EXIT {done.returncode}", (), tuple(done.stderr.splitlines()[-3:]), seconds)
    found = tuple(item["id"] for item in verdict.get("invariants", []) if item["verdict"] == "FAIL")
    reasons = tuple(verdict.get("reasons", ())) or (verdict.get("error", ""),)
    return Outcome(case, verdict["verdict"], found, reasons, seconds)


def tell(outcome: Outcome) -> None:
    """Print one line, and the reasons where the outcome is not what it should be."""
    case = outcome.case
    mark = "ok " if outcome.as_it_should_be else "BAD"
    what = f"{case.scenario} seed {case.seed}" + (f" bug {case.bug}" if case.bug else "")
    found = f" named {', '.join(outcome.violated)}" if outcome.violated else ""
    print(f"{mark} {outcome.verdict:13} {outcome.seconds:5.1f} s  {what}{found}", flush=True)
    if not outcome.as_it_should_be:
        print("".join(f"      {reason}\n" for reason in outcome.reasons), end="", flush=True)


def main() -> int:
    """Parse the options, run all cases on one warm platform, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="seeds of each scenario")
    parser.add_argument("--bug-seeds", type=int, default=5, help="seeds of each planted bug")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--scenario", action="append", default=[], help="only these scenarios")
    parser.add_argument("--bug", action="append", default=[], help="only these bugs")
    parser.add_argument("--out", default="runs")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    bug_seeds = range(options.first_seed, options.first_seed + options.bug_seeds)
    names = options.scenario or catalogue.scenario_names()
    cases = [*sound_cases(names, seeds), *bug_cases(options.bug, bug_seeds)]
    up = [sys.executable, "-m", "harness.cli.main", "up"]
    subprocess.run(up, check=True, stdout=subprocess.DEVNULL)
    bad = 0
    try:
        for number, case in enumerate(cases, start=1):
            outcome = carry_out(case, options.out)
            print(f"[{number}/{len(cases)}] ", end="")
            tell(outcome)
            bad += not outcome.as_it_should_be
    finally:
        subprocess.run([sys.executable, "-m", "harness.cli.main", "down"], check=False)
    print(f"{len(cases) - bad} of {len(cases)} as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
