"""Authorized payments per second and core of the API, against pgbench on the equivalent transactions, in one run.

    python -m benchmarks.serve [--quick]

The floor is PostgreSQL alone: pgbench makes the same three transactions (claim, dispatch, record) through the same SQL
functions, on the same cluster with its synchronous standby, with no HTTP, no gateway and no Python. A second floor is
printed beside it: the least that could be called a payment, four inserts and one COMMIT. The other side is one API
replica on the full path: HTTP, the three transactions through Toxiproxy, the gateway's answer, the stored reply. All
take turns, so that a machine whose speed drifts slows all of them.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.serve.client import Tally, drive
from harness.core.errors import HarnessError
from harness.guard.session import HarnessSession
from harness.provision.postgres.binaries import find_binaries
from harness.provision.postgres.settings import APPLICATION_ROLE, DATABASE
from harness.targets.embedded import EmbeddedTarget
from harness.targets.state import PlatformState
from harness.workspace import Workspace

AIM, WANTED = 0.15, 0.25
CONNECTIONS = 16
FOLDER = Path(__file__).parent


def pgbench_tps(target: EmbeddedTarget, script: str, seconds: int) -> float:
    """Return the transactions per second of pgbench on one of this folder's scripts; one makes one payment."""
    asked = ["-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(seconds), "-f", str(FOLDER / script)]
    out = _postgres(target, "pgbench", *asked, DATABASE)
    return float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])


def _postgres(target: EmbeddedTarget, program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs against the primary as the application's role, past every link."""
    state = PlatformState.load(target.workspace.platform_file)
    port = target.where()["postgresql"].rsplit(":", 1)[1]
    address = ["-h", "127.0.0.1", "-p", port, "-U", APPLICATION_ROLE]
    environment = {**os.environ, "PGPASSWORD": state.secrets.database_application if state else ""}
    command = [str(find_binaries().folder / program), *address, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HarnessError(f"{program} failed: {done.stderr.strip()}")
    return done.stdout


def served(target: EmbeddedTarget, seconds: float, tag: str) -> tuple[Tally, Mapping[str, float]]:
    """Drive one replica; return what the client saw and the CPU seconds of each process meanwhile."""
    merchant = target.merchants[0]
    port = int(target.api_urls["api1"].rsplit(":", 1)[1])
    before = target.cpu()
    tally = asyncio.run(drive(port, merchant.api_key, CONNECTIONS, seconds, tag))
    after = target.cpu()
    return tally, {name: after[name] - before.get(name, 0.0) for name in after}


def main() -> int:
    """Run both sides in turns and print the ratio; exit code 1 where the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short turn")
    turns, seconds = (1, 4) if parser.parse_args().quick else (3, 8)
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as folder:
        workspace = Workspace(Path(folder))
        with HarnessSession(workspace, command="benchmarks.serve"):
            target = EmbeddedTarget(workspace)
            target.start(bug=None, settings={}, progress=lambda text: print(text, file=sys.stderr))
            try:
                return measure(target, turns, seconds)
            finally:
                target.stop(lambda _: None)


def measure(target: EmbeddedTarget, turns: int, seconds: int) -> int:
    """Take turns, print the figures, return the exit code."""
    served(target, 2.0, "warm")
    _postgres(target, "psql", "-q", "-f", str(FOLDER / "minimal_tables.sql"), "-d", DATABASE)
    floors, minimal, rates, tallies, cpus = [], [], [], [], []
    for turn in range(turns):
        tally, cpu = served(target, float(seconds), f"turn{turn}")
        rates.append(tally.authorized / cpu["api1"])
        tallies.append(tally)
        cpus.append(cpu)
        floors.append(pgbench_tps(target, "authorize.sql", seconds))
        minimal.append(pgbench_tps(target, "minimal.sql", seconds))
    floor, rate = statistics.median(floors), statistics.median(rates)
    answered = sum(tally.authorized for tally in tallies)
    print(f"pgbench, the same transactions      {floor:8.0f} payments/s (16 clients, both cores)")
    print(f"one API core, full path             {rate:8.0f} payments/s")
    by_clock = answered / (turns * seconds)
    print(f"by the clock, one replica           {by_clock:8.0f} payments/s, everything on this machine")
    print(
        f"latency p50 {tallies[-1].quantile_ms(0.5):.1f} ms, p99 {tallies[-1].quantile_ms(0.99):.1f} ms; "
        f"{sum(tally.other for tally in tallies)} answers were not 201"
    )
    print("CPU per payment by process:")
    for name in sorted(cpus[-1], key=lambda name: -cpus[-1][name]):
        if cpus[-1][name] > 0.05:
            print(f"  {name:20} {cpus[-1][name] / max(1, tallies[-1].authorized) * 1000:6.2f} ms")
    least = statistics.median(minimal)
    print(f"pgbench, four inserts and a COMMIT  {least:8.0f} payments/s: nothing a payment system could do with less")
    print(f"ratio to that                       {rate / least:8.2f}")
    ratio = rate / floor
    print(f"ratio {ratio:.2f} (at least {AIM}, aim {WANTED}) {'ok' if ratio >= AIM else 'MISSED'}")
    return 0 if ratio >= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
