"""`kill -9` of the harness at random moments of a run: nothing may be left. `python -m benchmarks.kills --times 20`.

Gateway outages and database failovers take turns. After each kill it waits for the lease (10 s; on the compose target
also for the engine to remove some twenty containers) and looks for listening ports, processes that carry the
workspace's mark, a lock or lease, outstanding undos and keys, and for containers, networks and volumes with the
workspace's label. Exit code 0 only when every kill left nothing.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from harness.provision.containers.owned import belongings, owner_of
from harness.workspace import Workspace

PORT = 22200
SCENARIOS = ("primary_gateway_outage", "database_primary_killed", "database_node_lost")
LEASE_S = {"embedded": 11.0, "compose": 45.0}
LATEST_S = 40.0


def left_behind(workspace: Path) -> Iterator[str]:
    """Yield a sentence for each port, process or lock that is still there."""
    for connection in psutil.net_connections(kind="tcp"):
        if not connection.laddr or connection.status != psutil.CONN_LISTEN:
            continue
        if connection.laddr.port in range(PORT, PORT + 60):
            yield f"port {connection.laddr.port} is held by process {connection.pid}"
    for process in psutil.process_iter():
        try:
            if str(workspace) in " ".join([*process.cmdline(), *process.environ().values()]):
                yield f"process {process.pid} {' '.join(process.cmdline())[:80]}"
        except psutil.Error:
            continue
    for name in ("lock", "lease", "undo.jsonl", "load.json", "merchants.json", "platform.json"):
        if (workspace / name).exists():
            yield f"{name} is there"


def kill_once(number: int, moment_s: float, target: str) -> list[str]:
    """Start a run in a workspace of its own, kill it after `moment_s` seconds, and return what it left."""

    def left() -> list[str]:
        return [*left_behind(workspace), *(belongings(owner).names if target == "compose" else ())]

    with tempfile.TemporaryDirectory(prefix="faultline-kill-") as folder:
        workspace = Path(folder) / "workspace"
        owner = owner_of(Workspace(workspace))
        environment = {**os.environ, "FAULTLINE_WORKSPACE": str(workspace), "FAULTLINE_BASE_PORT": str(PORT)}
        command = [sys.executable, "-m", "harness.cli.main", "run", SCENARIOS[number % len(SCENARIOS)]]
        command += ["--seed", str(number), "--out", f"{folder}/runs", "--target", target]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            time.sleep(moment_s)
            ended = run.poll() is not None
            run.kill()
        began = time.monotonic()
        while (still := left()) and time.monotonic() - began < LEASE_S[target]:
            time.sleep(0.2)
        gone_s = time.monotonic() - began
        stage = "after its end" if ended else "alive"
        told = "; ".join(still) or f"nothing after {gone_s:.1f} s"
        print(f"{number:3} killed at {moment_s:5.1f} s ({stage}): {told}", flush=True)
        return still


def main() -> int:
    """Kill several runs and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=list(LEASE_S), default="embedded")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    moments = [chance.uniform(0.2, LATEST_S) for _ in range(options.times)]
    failed = sum(bool(kill_once(number, moment_s, options.target)) for number, moment_s in enumerate(moments))
    print(f"{options.times - failed} of {options.times} left nothing")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
