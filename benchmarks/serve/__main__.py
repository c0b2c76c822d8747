"""Payments for each second of processor over all of a platform's processes, beside an earlier revision, in turns.

    python -m benchmarks.serve [--quick] [--baseline 6993ade] [--turns 3] [--seconds 8] [--idle 60]

Each turn starts a build's platform with two database nodes on fresh books, authorizes payments at both replicas on 16
connections that wait for their answers, and waits until nothing is in flight: what the worker, the simulators, the
sink, Toxiproxy and the database nodes did for those payments until then counts as well. Then as many payments as half
of that come each second, whether or not earlier ones were answered, and their latency counts from when they were due.
Both builds take turns, so that a machine whose speed drifts slows both; ratios are of medians, with the least and the
greatest of any two turns.

The floors are PostgreSQL alone, on the present build's cluster with its synchronous standby: pgbench makes the same
three transactions (claim, dispatch, record) through the same SQL functions, and the least that could be called a
payment, four inserts and one COMMIT. Idle cost is that of a platform that is up and does nothing.
Exit code 1: an aim was missed.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.baseline import REVISION, Build, baseline, present
from benchmarks.ratios import ratio
from benchmarks.serve.client import Tally, drive, pace
from benchmarks.serve.side import Side, up
from harness.cli.exits import end_with

CONNECTIONS = 16
NODES = 2
WARM_S = 2.0
SETTLED_S = 10.0
FOLDER = Path(__file__).parent
AIM_CPU, AIM_CLOCK, AIM_FLOOR, AIM_IDLE = 2.0, 2.0, 0.25, 0.5
API = ("api1", "api2")


@dataclass
class Turn:
    """What one turn of one build came to."""

    payments: int
    seconds: float
    other: int
    cpu_s: Mapping[str, float]
    paced: Tally

    @property
    def per_cpu_s(self) -> float:
        """Payments for each second of processor over all processes."""
        return self.payments / sum(self.cpu_s.values())

    @property
    def per_api_cpu_s(self) -> float:
        """Payments for each second of the API's own processor."""
        return self.payments / sum(self.cpu_s[name] for name in API)

    @property
    def per_s(self) -> float:
        """Payments by the clock, the time that it took to get nothing in flight left out."""
        return self.payments / self.seconds


@dataclass
class Measured:
    """All turns of one build, and the floors where they were measured beside it."""

    turns: list[Turn] = field(default_factory=list)
    same: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)


def main() -> int:
    """Run the benchmark; 1 where an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="one short turn, and 10 s of idling")
    parser.add_argument("--baseline", default=REVISION, help="the revision beside it; 'none' for no other")
    parser.add_argument("--turns", type=int, default=3, help="how often each build is driven")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each time, and as long at half of it")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of idling; 0: none")
    asked = parser.parse_args()
    if asked.quick:
        asked.turns, asked.seconds, asked.idle = 1, 4.0, min(asked.idle, 10.0)
    builds = [present()] if asked.baseline == "none" else [baseline(asked.baseline), present()]
    measured = {build.name: Measured() for build in builds}
    for number in range(asked.turns):
        for build in builds:
            _say(f"turn {number + 1} of {asked.turns}: {build.name}")
            with up(build, NODES) as side:
                measured[build.name].turns.append(_turn(side, asked.seconds))
                if build is builds[-1]:
                    _floors(side, int(asked.seconds), measured[build.name])
    missed = _print_serving(measured)
    if asked.idle:
        missed += _idle(builds, asked.idle)
    return 1 if missed else 0


def _turn(side: Side, seconds: float) -> Turn:
    key = side.reached.api_key
    asyncio.run(drive(side.ports, key, CONNECTIONS, WARM_S, "warm"))
    before, began = side.drained().cpu_s, time.perf_counter()
    tally = asyncio.run(drive(side.ports, key, CONNECTIONS, seconds, "full"))
    took_s = time.perf_counter() - began
    after = side.drained().cpu_s
    used = {name: after[name] - before.get(name, 0.0) for name in after}
    paced = asyncio.run(pace(side.ports, key, tally.authorized / took_s / 2, seconds, "half"))
    return Turn(tally.authorized, took_s, tally.other + paced.other, used, paced)


def _floors(side: Side, seconds: int, into: Measured) -> None:
    side.postgres("psql", "-q", "-f", str(FOLDER / "minimal_tables.sql"), "-d", "payments")
    into.same.append(side.pgbench(FOLDER / "authorize.sql", CONNECTIONS, seconds))
    into.least.append(side.pgbench(FOLDER / "minimal.sql", CONNECTIONS, seconds))


def _print_serving(measured: Mapping[str, Measured]) -> int:
    """Print what serving came to; return how many aims were missed."""
    print(f"{'build':>9}  {'payments/CPU s':>14}  {'payments/s':>10}  {'p50, p99 ms at half':>20}  not 201")
    for name, item in measured.items():
        halves = [statistics.median(turn.paced.quantile_ms(share) for turn in item.turns) for share in (0.5, 0.99)]
        print(
            f"{name:>9}  {_median(item, 'per_cpu_s'):>14.1f}  {_median(item, 'per_s'):>10.1f}  "
            f"{halves[0]:>11.1f}, {halves[1]:>7.1f}  {sum(turn.other for turn in item.turns)}"
        )
    _print_by_process({name: item.turns for name, item in measured.items()})
    missed = 0
    now = measured["present"]
    for before in list(measured.values())[:-1]:
        for word, key, aim in (("CPU second", "per_cpu_s", AIM_CPU), ("second", "per_s", AIM_CLOCK)):
            found = ratio(_each(now, key), _each(before, key))
            missed += found.value < aim
            print(f"payments per {word}: {found} x the earlier ones (aim {aim:g}){_word(found.value >= aim)}")
    floor = ratio(_each(now, "per_api_cpu_s"), now.least)
    print(f"pgbench, the same three transactions: {statistics.median(now.same):.0f} payments/s")
    print(f"pgbench, four inserts and a COMMIT: {statistics.median(now.least):.0f} payments/s, the floor")
    print(
        f"payments per CPU second of the API: {_median(now, 'per_api_cpu_s'):.0f}, "
        f"{floor} of the floor (aim {AIM_FLOOR:g}){_word(floor.value >= AIM_FLOOR)}"
    )
    return missed + (floor.value < AIM_FLOOR)


def _print_by_process(turns: Mapping[str, Sequence[Turn]]) -> None:
    """Print the CPU of each payment by process, in milliseconds, one column for each build."""
    print("CPU of each payment, ms:   " + "  ".join(f"{name:>8}" for name in turns))
    each = {
        name: {
            process: statistics.median(1000 * turn.cpu_s[process] / max(1, turn.payments) for turn in of)
            for process in of[0].cpu_s
        }
        for name, of in turns.items()
    }
    processes = dict.fromkeys(process for of in reversed(each.values()) for process in of)
    for process in sorted(processes, key=lambda name: -max(of.get(name, 0.0) for of in each.values())):
        print(f"  {process:24} " + "  ".join(f"{of.get(process, 0.0):>8.2f}" for of in each.values()))
    print(f"  {'all':24} " + "  ".join(f"{sum(of.values()):>8.2f}" for of in each.values()))


def _idle(builds: Sequence[Build], seconds: float) -> int:
    """Measure and print idle cost; return 1 where its aim is missed."""
    used: dict[str, float] = {}
    print(f"idle for {seconds:.0f} s:   CPU s, of a core, resident MB")
    for build, nodes in (*((build, NODES) for build in builds), (builds[-1], 3)):
        _say(f"{build.name} idles with {nodes} database nodes")
        with up(build, nodes) as side:
            side.drained()
            time.sleep(SETTLED_S)
            before, began = side.look(), time.perf_counter()
            time.sleep(seconds)
            after, took_s = side.look(), time.perf_counter() - began
        each = {name: after.cpu_s[name] - before.cpu_s.get(name, 0.0) for name in after.cpu_s}
        cpu_s = sum(each.values())
        used.setdefault(build.name, cpu_s)
        memory_mb = sum(after.memory_mb.values())
        print(f"  {build.name}, {nodes} nodes: {cpu_s:.2f}, {cpu_s / took_s:.3f}, {memory_mb:.0f}")
        print("    " + ", ".join(f"{name} {each[name]:.2f}" for name in sorted(each, key=lambda one: -each[one])))
    if len(builds) < 2:
        return 0
    share = used["present"] / used[builds[0].name]
    print(f"idle CPU with {NODES} nodes: {share:.2f} of the earlier one's (aim {AIM_IDLE:g}){_word(share <= AIM_IDLE)}")
    return int(share > AIM_IDLE)


def _each(item: Measured, key: str) -> list[float]:
    return [float(getattr(turn, key)) for turn in item.turns]


def _median(item: Measured, key: str) -> float:
    return statistics.median(_each(item, key))


def _word(met: bool) -> str:
    return "" if met else " MISSED"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    end_with(main)
