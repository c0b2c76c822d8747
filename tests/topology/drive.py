"""`python drive.py WORKSPACE BASE_PORT`: bring the platform of this tree up, and say as JSON what its `pulse` does."""

import json
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import requests

from harness.guard.healers import heal
from harness.guard.session import HarnessSession
from harness.run.calls import save_calls
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
    seen["hits"] = hits(target)
    heal(undo)
    processes.kill("pulse")
    seen["killed"] = (processes.alive("pulse"), target.healthy())
    heal(processes.undo_kill("pulse"))
    seen["started again"] = processes.ready("pulse")
    target.reset()
    seen["reset"], seen["steady"] = counts(url), target.steady()
    return seen


def hits(target: EmbeddedTarget) -> dict[str, int]:
    """Return the calls over the link, by how far they got, as a run counts them from the logs."""
    run = target.workspace.root / "looked-at"
    shutil.copytree(target.workspace.logs, run / "logs")
    (run / "plan.json").write_text('{"t0_us": 0}')
    save_calls(run, target.link_ports())
    rows = pq.read_table(run / "books" / "calls.parquet").to_pylist()
    return dict(Counter(row["phase"] for row in rows if f"{row['caller']}-to-{row['callee']}" == LINK))


def counts(url: str) -> dict[str, float]:
    """Return the metrics of the beats."""
    lines = requests.get(f"{url}/metrics", timeout=5).text.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if line.startswith("pulse_"))}


def tell(line: str) -> None:
    """Say on stderr what is being done."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
