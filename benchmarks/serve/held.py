"""`python held.py WORKSPACE NODES`: hold a build's platform up and answer questions about it, until stdin says so.

It is run by its path with the interpreter of a build, earlier revisions among them, whose `harness` it then imports: so
it may use nothing of them but what 6993ade has. Once the platform is up it prints how to reach it, and then for each
line on stdin how much processor time and memory each process has used so far, and what is still in flight. All of it is
JSON, a line each. The end of stdin stops the platform.
"""

import json
import sys
from pathlib import Path

import psutil

from harness.guard.session import HarnessSession
from harness.provision.processes.ending import postmaster
from harness.targets import durability
from harness.targets.embedded import EmbeddedTarget
from harness.targets.state import PlatformState
from harness.workspace import Workspace


def settings(nodes: int) -> dict[str, str]:
    """Return what asks for so many database nodes; builds that know no such setting have two."""
    return {"database_nodes": str(nodes)} if hasattr(durability, "server_count") else {}


def reached(target: EmbeddedTarget) -> dict[str, str | dict[str, str]]:
    """Return how the platform is reached: addresses, a merchant's key, the database's password."""
    state = PlatformState.load(target.workspace.platform_file)
    return {
        "api_urls": dict(target.api_urls),
        "api_key": target.merchants[0].api_key,
        "postgresql": target.where()["postgresql"],
        "password": state.secrets.database_application if state else "",
    }


def look(target: EmbeddedTarget) -> dict[str, dict[str, float]]:
    """Return CPU seconds and MB (shared pages by their share) of each process so far, and what is in flight."""
    memory = {}
    for name, record in target.supervisor.records.items():
        process = record.process()
        if process is not None:
            server = postmaster(Path(record.data_folder)) if record.data_folder else None
            family = [server, *server.children()] if server else []
            memory[name] = sum(_resident_mb(one) for one in (process, *family))
    return {"cpu_s": dict(target.cpu()), "memory_mb": memory, "backlog": dict(target.backlog())}


def _resident_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 2**20
    except psutil.Error:
        return 0.0


def main() -> int:
    """Start, answer, stop."""
    workspace, nodes = Workspace(Path(sys.argv[1])), int(sys.argv[2])
    with HarnessSession(workspace, command="benchmarks.serve"):
        target = EmbeddedTarget(workspace)
        target.start(bug=None, settings=settings(nodes), progress=lambda text: print(text, file=sys.stderr, flush=True))
        try:
            print(json.dumps(reached(target)), flush=True)
            while sys.stdin.readline():
                print(json.dumps(look(target)), flush=True)
        finally:
            target.stop(lambda _: None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
