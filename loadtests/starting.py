"""When the load begins: each worker says that it is ready, and the harness then names the time.

An interpreter starts in one second or in five, as busy as the machine is. A start that was fixed beforehand would count
that against the generator.
"""

import json
import socket
from pathlib import Path

from harness.workspace import write_atomic


def ready_file(raw: Path, label: str) -> Path:
    """Return the file by which the worker of this label says that its first lane is open."""
    return raw / f"ready-{label}"


def say_ready(raw: Path, label: str, planned: int) -> None:
    """Say that this worker is ready, and how many arrivals it plans: should it die, its account says so for it."""
    write_atomic(ready_file(raw, label), json.dumps({"planned": planned, "host": socket.gethostname()}))


def ready_workers(raw: Path) -> int:
    """Return how many workers are ready."""
    return len(list(raw.glob("ready-*")))


def start_file(raw: Path) -> Path:
    """Return the file by which the harness tells the workers when to start."""
    return raw / "start.json"


def tell_start(raw: Path, start_us: int) -> None:
    """Tell the workers when to start, in microseconds since the epoch."""
    write_atomic(start_file(raw), json.dumps({"start_at_us": start_us}))


def told_start_us(raw: Path) -> int | None:
    """Return the start in microseconds since the epoch, None while nobody has told it."""
    try:
        return int(json.loads(start_file(raw).read_text())["start_at_us"])
    except FileNotFoundError:
        return None
