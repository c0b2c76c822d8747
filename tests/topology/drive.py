"""`python drive.py WORKSPACE BASE_PORT`: bring the platform of this tree up, and say as JSON what its `pulse` does."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import requests

from harness.guard.healers import heal
from harness.guard.session import HarnessSession
from harness.targets.embedded import EmbeddedTarget
from harness.workspace import Workspace

LINK = "pulse-to-pulse"


def main() -> int:
    """Start, look, cut, kill, reset, stop."""
    workspace, base_port = Workspace(Path(sys.argv[1])), int(sys.argv[2])
    with HarnessSession(workspace, command="drive"):
        target = EmbeddedTarget(workspace, base_port=base_port)
        target.start(bug=None, settings={"PAY_DATABASE_NODES": "2"}, progress=tell)
        try:
            print(json.dumps(found(target)))
        finally:
            target.stop(tell)
    return 0


def found(target: EmbeddedTarget) -> dict[str, Any]:
    """Return what was seen, in the order in which it was done."""
    (service,) = [item for item in target.services() if item.name == "pulse"]
    url = f"http://127.0.0.1:{service.ports['http']}"
    seen: dict[str, Any] = {"healthy": service.healthy, "role": service.role, "port": service.ports["http"]}
    seen["a stranger is answered"] = requests.get(f"{url}/beat", timeout=5).status_code
    time.sleep(2)
    seen["whole"] = counts(url)
    links, processes = target.surface.links, target.surface.processes
    undo = links.undo(LINK)
    links.cut(LINK)
    time.sleep(2)
    seen["cut"] = counts(url)
    heal(undo)
    processes.kill("pulse")
    seen["killed"] = (processes.alive("pulse"), target.healthy())
    heal(processes.undo_kill("pulse"))
    seen["started again"] = processes.ready("pulse")
    target.reset()
    seen["reset"], seen["steady"] = counts(url), target.steady()
    return seen


def counts(url: str) -> dict[str, float]:
    """Return the metrics of the beats."""
    lines = requests.get(f"{url}/metrics", timeout=5).text.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if line.startswith("pulse_"))}


def tell(line: str) -> None:
    """Say on stderr what is being done."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
