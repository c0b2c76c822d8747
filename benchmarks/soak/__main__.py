"""Every scenario with several seeds, and every planted bug in every scenario that shows it: `make test-all`.

    python -m benchmarks.soak [--seeds 10] [--bug-seeds 5] [--scenario NAME] [--bug ID] [--jobs 1] [--base-port N]
                              [--resume]

All runs of one seed (of one bug and seed) are one call of `faultline run` on one warm platform; `--jobs` has so many
platforms side by side. Prints a line as each run ends and a table, in Markdown, at the end. An interrupted soak goes on
with `--resume`. Exit code 0 only when every sound run passed and every planted bug was caught by an invariant that its
catalogue entry names.
"""

import argparse
from functools import partial
from pathlib import Path

from benchmarks.soak.table import table
from harness import catalogue
from harness.cli.exits import catch_signals, end_with
from harness.cli.expressible import choose
from harness.cli.scoring import checked_ports
from harness.score.cases import Batch, bug_batches, left_over, sound_batches
from harness.score.lanes import Lanes
from harness.score.outcome import Record
from harness.score.series import Series
from harness.targets.registry import DEFAULT, KINDS


def main() -> int:
    """Parse the options, run all cases on one warm platform, and return the exit code."""
    catch_signals()
    options = _options()
    first_port = checked_ports(options.jobs, options.base_port)
    batches = _batches(options)
    record = Record(options.out / "soak.jsonl", resume=options.resume)
    rest = left_over(iter(batches), record.done)
    total, left = sum(map(len, batches)), sum(map(len, rest))
    if options.resume:
        print(f"{total - left} of {total} runs are done already, {left} are left", flush=True)
    series = Series(record, left, partial(print, flush=True))
    Lanes(options.jobs, out=options.out, base_port=first_port, told=series.told).carry_out(rest)
    return _conclude(record, {case.key for batch in batches for case in batch})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=10, help="seeds of each scenario")
    parser.add_argument("--bug-seeds", type=int, default=5, help="seeds of each planted bug")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--scenario", action="append", default=[], choices=catalogue.scenario_names(), metavar="NAME")
    parser.add_argument("--bug", action="append", default=[], choices=list(catalogue.planted_bugs()), metavar="ID")
    parser.add_argument("--jobs", type=int, default=1, help="platforms side by side")
    parser.add_argument("--base-port", type=int, help="first of the platform's ports")
    parser.add_argument("--resume", action="store_true", help="go on with the soak that is recorded in --out")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    return parser.parse_args()


def _batches(options: argparse.Namespace) -> list[Batch]:
    """Return what was asked for: everything, or only the scenarios and only the bugs that were named."""
    everything = not options.scenario and not options.bug
    scenarios = _runnable() if everything else options.scenario
    bugs = list(catalogue.planted_bugs()) if everything else options.bug
    first = options.first_seed
    return [
        *sound_batches(scenarios, range(first, first + options.seeds)),
        *bug_batches(bugs, range(first, first + options.bug_seeds)),
    ]


def _runnable() -> list[str]:
    """Return every scenario that the default target can run on this machine; say which it cannot, and why."""
    choice = choose(
        [(name, catalogue.scenario(name)) for name in catalogue.scenario_names()], KINDS[DEFAULT], named=False
    )
    for name, why in choice.not_run.items():
        print(f"NOT RUN  {name}: {why}", flush=True)
    return [name for name, _ in choice.scenarios]


def _conclude(record: Record, wanted: set[str]) -> int:
    outcomes = [item for item in record.latest if item.case.key in wanted]
    right = sum(item.as_it_should_be for item in outcomes)
    print(f"\n{table(outcomes)}\n\n{right} of {len(wanted)} as they should be")
    return 0 if right == len(wanted) else 1


if __name__ == "__main__":
    end_with(main)
