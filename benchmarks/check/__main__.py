"""All invariants over synthetic runs: time, processor time, peak memory, growth, and the time as a ratio to a floor.

    python -m benchmarks.check [--quick] [--sizes 100000,1000000]

The floor is one full scan-and-group of the same `history.parquet` in the same process: no judge can be faster than
reading its evidence once. Each size runs in a process of its own, so that its peak memory (VmHWM) is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.core.evidence import Evidence
from harness.invariants import catalogue
from harness.judge.synthetic import Synthetic, make_run

SIZES = (100_000, 1_000_000)
QUICK_SIZES = (20_000, 100_000)
LIMIT_S = 15.0
LIMIT_MB = 1500.0
AIM_CPU_S = 15.0
"""Both cores kept busy half of the limit leave room for a busy machine: not a limit, but what to steer by."""
FLOOR = """
    SELECT kind, outcome, count(*), count(DISTINCT op), sum(amount_minor), max(done_us - due_us)
    FROM history GROUP BY kind, outcome
"""


def main() -> int:
    """Run the benchmark; 1 where the limits for a million operations are broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK_SIZES} instead of {SIZES}")
    parser.add_argument("--sizes", help="numbers of operations, separated by commas")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_judge(arguments.one)))
        return 0
    sizes: tuple[int, ...] = QUICK_SIZES if arguments.quick else SIZES
    if arguments.sizes:
        sizes = tuple(int(size) for size in arguments.sizes.split(","))
    results = [_measure(size) for size in sizes]
    _print(results)
    broken = [item for item in results if item["operations"] >= 900_000 and not _within(item)]
    return 1 if broken else 0


def _measure(size: int) -> dict[str, float]:
    """Make a run of that size, judge it in a process of its own and return the figures."""
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as scratch:
        folder = make_run(Path(scratch) / f"synthetic-{size}", Synthetic(size))
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.check", "--one", str(folder)], check=True, capture_output=True, text=True
        )
    found: dict[str, float] = json.loads(told.stdout)
    return found


def _judge(folder: Path) -> dict[str, float]:
    with Evidence(folder) as evidence:
        started = time.perf_counter()
        evidence.rows(FLOOR)
        floor_s = time.perf_counter() - started
        cpu_s, started = _cpu_s(), time.perf_counter()
        violations = 0
        for invariant in catalogue():
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


def _within(item: dict[str, float]) -> bool:
    return item["judge_s"] <= LIMIT_S and item["peak_mb"] <= LIMIT_MB and not item["violations"]


def _print(results: list[dict[str, float]]) -> None:
    print(
        f"{'operations':>10}  {'wall s':>7}  {'cpu s':>6}  {'peak MB':>8}  {'floor s':>8}  {'ratio':>6}  false alarms"
    )
    for item in results:
        print(
            f"{item['operations']:>10.0f}  {item['judge_s']:>7.2f}  {item['cpu_s']:>6.2f}  {item['peak_mb']:>8.0f}  "
            f"{item['floor_s']:>8.3f}  {item['judge_s'] / item['floor_s']:>6.1f}  {item['violations']:.0f}"
        )
    print(f"{'aims, 1 M':>10}  {LIMIT_S:>7g}  {AIM_CPU_S:>6g}  {LIMIT_MB:>8g}  {'':>8}  {'':>6}  0")
    if len(results) > 1:
        print(_growth(results[0], results[-1]))


def _growth(small: dict[str, float], big: dict[str, float]) -> str:
    """Return how wall time, processor time and memory grew from the smallest run to the biggest."""
    times, wall, cpu, memory = (big[key] / small[key] for key in ("operations", "judge_s", "cpu_s", "peak_mb"))
    return (
        f"growth: {times:.1f} x the operations take {wall:.1f} x the time, {cpu:.1f} x the processor time "
        f"(aim {times:.0f} x: in proportion) and {memory:.1f} x the memory"
    )


if __name__ == "__main__":
    sys.exit(main())
