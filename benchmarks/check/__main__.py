"""All invariants over synthetic runs: time, processor time, peak memory and growth, beside an earlier revision.

    python -m benchmarks.check [--quick] [--sizes 100000,1000000] [--baseline 6993ade] [--rounds 3]

Each build judges a run of its own making, with the invariants that it has, in a process of its own, so that its peak
memory (VmHWM) is its own; both take turns, so that both meet the same machine. The ratio is that of the medians, with
the least and the greatest of any two rounds beside it. The present build's I21 searches, which the others do not, and
is measured apart. The floor is one scan of the same history: no judge can be faster than reading its evidence once.
Exit code 1: an aim was missed, or there was a false alarm.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.baseline import REVISION, Build, baseline, present
from benchmarks.ratios import ratio
from harness.cli.exits import end_with
from harness.core.evidence import Evidence
from harness.invariants import catalogue

SIZES = (100_000, 1_000_000)
QUICK_SIZES = (20_000, 100_000)
BESIDE_UP_TO = 2_000_000
"""Larger runs are judged by the present build alone: the earlier one would take the machine's memory."""
AIM_WALL, AIM_MEMORY = 0.4, 0.5
"""Of the baseline's, at a million operations."""
AIMS_10M = {"judge_s": 60.0, "peak_mb": 2_000.0}
AIM_SEARCH_S = 60.0
"""I21 over a million operations."""
MAKE = """
import sys
from pathlib import Path
from harness.judge.synthetic import Synthetic, make_run
make_run(Path(sys.argv[1]), Synthetic(int(sys.argv[2])))
"""
FLOOR = """
    SELECT kind, outcome, count(*), count(DISTINCT op), sum(amount_minor), max(done_us - due_us)
    FROM history GROUP BY kind, outcome
"""
SEARCHES = frozenset({"I21"})

Figures = Mapping[str, float]


def main() -> int:
    """Run the benchmark; 1 where an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK_SIZES} instead of {SIZES}")
    parser.add_argument("--sizes", help="numbers of operations, separated by commas")
    parser.add_argument("--baseline", default=REVISION, help="the revision beside it; 'none' for no other")
    parser.add_argument("--rounds", type=int, default=3, help="how often each build judges each run")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_judge(arguments.one, search=arguments.search)))
        return 0
    sizes: tuple[int, ...] = QUICK_SIZES if arguments.quick else SIZES
    if arguments.sizes:
        sizes = tuple(int(size) for size in arguments.sizes.split(","))
    builds = [present()] if arguments.baseline == "none" else [baseline(arguments.baseline), present()]
    print(
        f"{'operations':>10}  {'build':>8}  {'wall s':>16}  {'cpu s':>6}  {'peak MB':>8}  {'floor s':>7}  false alarms"
    )
    missed, medians = 0, []
    for size in sizes:
        measured = _measure(size, builds if size <= BESIDE_UP_TO else builds[-1:], arguments.rounds)
        medians.append({name: _medians(rounds) for name, rounds in measured.items()})
        missed += _print(size, measured)
    if len(sizes) > 1:
        print(_growth(medians[0]["present"], medians[-1]["present"]))
    return 1 if missed else 0


def _measure(size: int, builds: Sequence[Build], rounds: int) -> dict[str, list[Figures]]:
    """Have each build make a run of that size, then judge it in turns; return every round's figures by build."""
    figures: dict[str, list[Figures]] = {build.name: [] for build in builds}
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as scratch:
        folders = {build.name: Path(scratch) / build.name for build in builds}
        for build in builds:
            sys.stderr.write(f"{build.name} makes a run of {size} operations\n")
            build.run("-c", MAKE, str(folders[build.name]), str(size))
        for number in range(rounds):
            for build in builds:
                sys.stderr.write(f"{build.name} judges it, {number + 1} of {rounds}\n")
                told = build.run("-m", "benchmarks.check", "--one", str(folders[build.name]))
                figures[build.name].append(json.loads(told))
        sys.stderr.write("present searches it (I21)\n")
        told = builds[-1].run("-m", "benchmarks.check", "--search", "--one", str(folders[builds[-1].name]))
        figures["I21"] = [json.loads(told)]
    return figures


def _judge(folder: Path, *, search: bool) -> Figures:
    with Evidence(folder) as evidence:
        started = time.perf_counter()
        evidence.rows(FLOOR)
        floor_s = time.perf_counter() - started
        cpu_s, started = _cpu_s(), time.perf_counter()
        violations = 0
        for invariant in catalogue():
            if (invariant.id in SEARCHES) is search:
                violations += len(invariant.violations(evidence))
                invariant.witness.count(evidence)
        return {
            "operations": evidence.count("SELECT count(DISTINCT op) FROM history"),
            "floor_s": floor_s,
            "judge_s": time.perf_counter() - started,
            "cpu_s": _cpu_s() - cpu_s,
            "peak_mb": _peak_mb(),
            "violations": violations,
        }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _medians(rounds: Sequence[Figures]) -> Figures:
    return {key: statistics.median(item[key] for item in rounds) for key in rounds[0]}


def _print(size: int, measured: Mapping[str, Sequence[Figures]]) -> int:
    """Print what a size came to; return how many aims it missed, false alarms among them."""
    missed = 0
    for name, rounds in measured.items():
        item, walls = _medians(rounds), [found["judge_s"] for found in rounds]
        spread = f"{item['judge_s']:.2f} ({min(walls):.2f}-{max(walls):.2f})"
        print(
            f"{item['operations']:>10.0f}  {name:>8}  {spread:>16}  {item['cpu_s']:>6.2f}  {item['peak_mb']:>8.0f}  "
            f"{item['floor_s']:>7.3f}  {item['violations']:.0f}"
        )
        missed += item["violations"] > 0
    earlier = [rounds for name, rounds in measured.items() if name not in ("present", "I21")]
    if earlier:
        for key, word, aim in (("judge_s", "wall time", AIM_WALL), ("peak_mb", "peak memory", AIM_MEMORY)):
            missed += _ratio(word, key, measured["present"], earlier[0], aim) and size >= 900_000
    now = _medians(measured["present"])
    if size >= 9_000_000:
        missed += sum(_aim(word, now[word], limit) for word, limit in AIMS_10M.items())
    if size >= 900_000:
        missed += _aim("I21, s for each million", measured["I21"][0]["judge_s"] * 1e6 / size, AIM_SEARCH_S)
    return missed


def _ratio(word: str, key: str, now: Sequence[Figures], before: Sequence[Figures], aim: float) -> bool:
    found = ratio([one[key] for one in now], [other[key] for other in before])
    print(
        f"{'':>10}  {word}: {found.value:.2f} x the earlier one's ({found.least:.2f}-{found.greatest:.2f}; aim {aim:g})"
    )
    return found.value > aim


def _aim(word: str, value: float, limit: float) -> bool:
    print(f"{'':>10}  {word}: {value:.1f} (aim at most {limit:g})")
    return value > limit


def _growth(small: Figures, big: Figures) -> str:
    """Return how wall time, processor time and memory grew from the smallest run to the biggest."""
    times, wall, cpu, memory = (big[key] / small[key] for key in ("operations", "judge_s", "cpu_s", "peak_mb"))
    return (
        f"growth: {times:.1f} x the operations take {wall:.1f} x the time, {cpu:.1f} x the processor time "
        f"(aim {times:.0f} x: in proportion) and {memory:.1f} x the memory"
    )


if __name__ == "__main__":
    end_with(main)
