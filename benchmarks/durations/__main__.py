"""How long the scenarios take: an earlier revision and this one, at the same time, each on a warm platform of its own.

    python -m benchmarks.durations [--baseline 6993ade] [--seed 441] [--scenario NAME]... [--out FOLDER] [--at 22000]

Both run every scenario that the earlier revision has (`faultline run SCENARIO... --seed N`), one after the other and
side by side with the other build, so that both meet the same machine. A run's time is read from its folder: making
ready, load, healing and settling, reads, judging with the report. How long the load lasts is the scenario's own word
and may have changed, so the ratio of the whole is that of present time against what the earlier build would have taken
with the present load. Exit code 1: an aim was missed, or a scenario has no run on one side.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.baseline import REVISION, Build, baseline, present
from benchmarks.durations.phases import LAST_WRITTEN, Spent, spent
from benchmarks.ratios import ratio
from harness.cli.exits import end_with
from harness.core.errors import HarnessError

AIM_TOTAL = 1.1
"""The present build's time for all runs, of the earlier one's with the same load."""
AIM_AFTER = 0.7
"""What is not load: settling, reads, judging."""
LISTED = """
from harness import catalogue
from harness.core.fault import needs_of
from harness.targets.registry import KINDS
offered = KINDS["embedded"].offers
scenarios = {name: catalogue.scenario(name) for name in catalogue.scenario_names()}
print(*(name for name, one in scenarios.items() if all(needs_of(item.fault) <= offered for item in one.faults)))
"""
PORTS_APART = 200


def main() -> int:
    """Run the benchmark; 1 where an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durations", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--baseline", default=REVISION, help="the revision beside it")
    parser.add_argument("--seed", type=int, default=441)
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--out", type=Path, help="where the runs' folders stay; a folder that is there is read again")
    parser.add_argument("--at", type=int, default=22000, help="first of the platforms' ports")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as scratch:
        out: Path = asked.out or Path(scratch)
        builds = (baseline(asked.baseline), present())
        if not out.is_dir() or not any(out.iterdir()):
            _run_both(builds, asked.scenario, asked.seed, out, asked.at)
        return report(*({one.scenario: one for one in found(out / build.name)} for build in builds))


def _run_both(builds: Sequence[Build], chosen: Sequence[str] | None, seed: int, out: Path, at: int) -> None:
    """Have both builds run the scenarios at the same time; what either says goes to a file beside its runs."""
    names = chosen or builds[0].run("-c", LISTED).split()
    running = []
    for number, build in enumerate(builds):
        (out / build.name).mkdir(parents=True)
        log = (out / f"{build.name}.log").open("w")
        command = [str(build.python.with_name("faultline")), "run", *names, "--seed", str(seed)]
        places = ["--out", str((out / build.name).resolve()), "--base-port", str(at + number * PORTS_APART)]
        running.append(subprocess.Popen([*command, *places], cwd=build.folder, stdout=log, stderr=subprocess.STDOUT))
    print(f"{len(names)} scenarios on each side; progress: tail -f {out}/*.log", file=sys.stderr, flush=True)
    for one in running:
        one.wait()


def found(folder: Path) -> list[Spent]:
    """Return what the runs below a folder took, as far as they came to their end."""
    return [spent(path.parent) for path in sorted(folder.glob(f"*/{LAST_WRITTEN}"))]


def report(before: Mapping[str, Spent], now: Mapping[str, Spent]) -> int:
    """Print both sides and their ratios; 1 where an aim was missed or a scenario has no run on one side."""
    both = [name for name in before if name in now]
    if not both:
        raise HarnessError("no scenario came to its end on both sides", hint="read the logs in --out")
    print(f"{'scenario':38}  {'load s':>13}  {'after s':>13}  {'whole s':>13}  verdicts")
    for name in both:
        one, other = before[name], now[name]
        print(
            f"{name:38}  {one.load_s:5.1f} -> {other.load_s:4.1f}  {one.after_s:5.1f} -> {other.after_s:4.1f}  "
            f"{one.total_s:5.1f} -> {other.total_s:4.1f}  {one.verdict} -> {other.verdict}"
        )
    whole = compared(
        "whole, with the present load",
        [with_load(before[name], now[name]) for name in both],
        [now[name].total_s for name in both],
        AIM_TOTAL,
    )
    after = compared(
        "after the load", [before[name].after_s for name in both], [now[name].after_s for name in both], AIM_AFTER
    )
    for part in ("settle_s", "read_s", "judge_s", "ready_s"):
        sums = [sum(getattr(side[name], part) for name in both) for side in (before, now)]
        print(f"    {part}: {sums[0]:.0f} -> {sums[1]:.0f}")
    missing = sorted(set(before) ^ set(now))
    if missing:
        print(f"on one side only: {', '.join(missing)}")
    return 1 if whole or after or missing else 0


def with_load(before: Spent, now: Spent) -> float:
    """Return what the earlier build would have taken with the present run's load."""
    return before.total_s - before.load_s + now.load_s


def compared(what: str, before: Sequence[float], now: Sequence[float], aim: float) -> bool:
    """Print the sums of a figure over all runs and their ratio; whether it misses its aim."""
    value = ratio([sum(now)], [sum(before)]).value
    print(f"{what}: {sum(before):.0f} s before, {sum(now):.0f} s now: {value:.2f} x, aim {aim}")
    return value > aim


if __name__ == "__main__":
    end_with(main)
