"""How the load grows with its workers, each on a "host" of its own: a network namespace with its own address.

    python -m benchmarks.scaling [--workers 1,2,4] [--rate 500] [--seconds 20]

`--rate` is for each worker: twice the workers plan twice the arrivals. On a machine with fewer cores than workers they
take turns, and the lag shows it: then the figures tell of the machine.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks.scaling.measuring import Figures, measure
from benchmarks.scaling.network import network
from harness.cli.exits import end_with

HEADING = (
    "workers  planned/s   sent/s  lag p99 ms  busiest worker  workers' CPU s  run's CPU s  clock known to ms  "
    "attempts  unanswered  lost"
)


def line(figures: Figures) -> str:
    """Return one line of the table."""
    return (
        f"{figures.workers:7}  {figures.planned_per_s:9.1f}  {figures.sent_per_s:7.1f}  {figures.lag_p99_ms:10.2f}  "
        f"{figures.busiest_share:14.0%}  {figures.hosts_cpu_s:14.1f}  {figures.run_cpu_s:11.1f}  "
        f"{figures.clock_error_ms:17.2f}  {figures.attempts:8}  {figures.unanswered:10}  {figures.lost:4}"
    )


def main() -> int:
    """Measure each number of workers and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description="The load on several hosts.")
    parser.add_argument("--workers", default="1,2,4", help="numbers of workers")
    parser.add_argument("--rate", type=float, default=500.0, help="arrivals per second of each worker")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each load")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(json.dumps({"cores": os.cpu_count(), "load_average_before": round(load, 2), **vars(options)}), flush=True)
    print(HEADING, flush=True)
    for count in (int(number) for number in options.workers.split(",")):
        with tempfile.TemporaryDirectory(prefix="faultline-scaling-") as name, network(count) as (hub, hosts):
            print(line(measure(Path(name), hub, hosts, options.rate * count, options.seconds)), flush=True)
    return 0


if __name__ == "__main__":
    end_with(main)
