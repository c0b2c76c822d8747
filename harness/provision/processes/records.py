"""Who was started: the workspace's `processes.json`, which a guard or a later command can act upon."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from harness.core.errors import HarnessError
from harness.workspace import write_atomic

_START_TOLERANCE_S = 1.0


@dataclass(frozen=True)
class ProcessRecord:
    """One started process. `started_at` (seconds since the epoch) tells it from a later one with the same pid.

    `group` is `platform` (kept by `up`) or `run` (ends with the run). `data_folder` is a PostgreSQL data folder whose
    postmaster belongs to this process without being its child.
    """

    name: str
    pid: int
    started_at: float
    command: tuple[str, ...]
    ports: Mapping[str, int] = field(default_factory=dict)
    group: str = "platform"
    role: str = ""
    data_folder: str = ""

    def process(self) -> psutil.Process | None:
        """Return the living process, or None when it is gone, a zombie, or its pid now belongs to another."""
        return living(self.pid, self.started_at)


def living(pid: int, started_at: float) -> psutil.Process | None:
    """Return the process with this pid if it is the one that started then and is not a zombie."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started_at) <= _START_TOLERANCE_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def load_records(path: Path) -> dict[str, ProcessRecord]:
    """Return the recorded processes by name (empty when there is no file)."""
    try:
        rows = json.loads(path.read_text())
        return {row["name"]: ProcessRecord(**(row | {"command": tuple(row["command"])})) for row in rows}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            f"{path} is damaged: {error}", hint="remove the file after stopping what it lists"
        ) from error


def save_records(path: Path, records: Iterable[ProcessRecord]) -> None:
    """Replace the file; it is removed when there is nothing to record."""
    rows = [asdict(record) for record in records]
    if rows:
        write_atomic(path, json.dumps(rows, indent=1))
    else:
        path.unlink(missing_ok=True)
