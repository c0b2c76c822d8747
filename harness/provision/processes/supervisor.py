"""Starts processes, each in its own session with its own log file, and waits until they are ready."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.core.errors import HarnessError, ProvisionError
from harness.provision.processes.ending import MARK_GROUP, MARK_WORKSPACE, end_records
from harness.provision.processes.records import ProcessRecord, load_records, save_records
from harness.workspace import Workspace

_POLL_S = 0.05
_TAIL_LINES = 12
_CHANGING = threading.RLock()
"""Held while the records are changed: whoever heals a killed process has a supervisor of its own."""


@dataclass(frozen=True)
class ProcessSpec:
    """What to start. `env` is the whole environment but for what `inherited_environment` lets through."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    group: str = "platform"
    role: str = ""
    cwd: Path | None = None
    data_folder: str = ""


class _Child(subprocess.Popen[bytes]):
    """A child that may outlive its harness on purpose (`up`), so that forgetting it deserves no warning."""

    def __del__(self) -> None:
        if getattr(self, "_child_created", False):
            self.poll()


class Supervisor:
    """The processes of one workspace, as its records on disk have them. Threads may use it at the same time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def workspace(self) -> Workspace:
        """Where these processes are recorded."""
        return self._workspace

    @property
    def records(self) -> Mapping[str, ProcessRecord]:
        """What was started and not stopped since, by name, by this harness or by another."""
        return load_records(self._workspace.processes_file)

    def spawn(self, spec: ProcessSpec) -> ProcessRecord:
        """Start a process. Raises `HarnessError` when one of that name runs, `ProvisionError` when it cannot start."""
        with _CHANGING:
            records = dict(self.records)
            if self.alive(spec.name):
                raise HarnessError(f"{spec.name} runs already as process {records[spec.name].pid}")
            child = self._popen(spec)
            started_at = psutil.Process(child.pid).create_time()
            record = ProcessRecord(
                spec.name,
                child.pid,
                started_at,
                spec.command,
                dict(spec.ports),
                spec.group,
                spec.role,
                spec.data_folder,
            )
            self._children[spec.name] = child
            records[spec.name] = record
            save_records(self._workspace.processes_file, records.values())
            return record

    def _popen(self, spec: ProcessSpec) -> "subprocess.Popen[bytes]":
        marks = {MARK_WORKSPACE: str(self._workspace.root), MARK_GROUP: spec.group}
        self._workspace.logs.mkdir(parents=True, exist_ok=True)
        with self.log_path(spec.name).open("ab") as log:
            try:
                return _Child(
                    spec.command,
                    env=inherited_environment() | dict(spec.env) | marks,
                    cwd=spec.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise ProvisionError(f"{spec.name} cannot be started: {error} ({spec.command[0]})") from error

    def log_path(self, name: str) -> Path:
        """Return the file that collects a process's output."""
        return self._workspace.logs / f"{name}.log"

    def tail(self, name: str) -> str:
        """Return the last lines that a process wrote."""
        try:
            lines = self.log_path(name).read_text(errors="replace").splitlines()
        except OSError:
            return "(no output)"
        return "\n".join(lines[-_TAIL_LINES:]) or "(no output)"

    def alive(self, name: str) -> bool:
        """Tell whether the recorded process still runs (a zombie does not)."""
        child, record = self._children.get(name), self.records.get(name)
        if child is not None:
            # Reaped here, so that a dead child is not a zombie for the rest of the run.
            child.poll()
        return record is not None and record.process() is not None

    def wait_ready(self, name: str, probe: Callable[[], bool], *, deadline_s: float, what: str = "") -> None:
        """Wait until `probe` is true.

        Raises `ProvisionError` with the process's last lines when it exits first or the deadline passes.
        """
        until = time.monotonic() + deadline_s
        while not probe():
            if not self.alive(name):
                raise ProvisionError(
                    f"{name} exited while starting{self._status(name)}; its last lines:\n{self.tail(name)}"
                )
            if time.monotonic() > until:
                raise ProvisionError(
                    f"{name} was not ready after {deadline_s:.0f} s{f' ({what})' if what else ''}; "
                    f"its last lines:\n{self.tail(name)}",
                    hint=f"the whole log: {self.log_path(name)}",
                )
            time.sleep(_POLL_S)

    def wait_exit(self, name: str, *, deadline_s: float) -> int | None:
        """Wait for a child to end by itself; return its exit status, or None when the deadline passes first."""
        child = self._children.get(name)
        if child is None:
            raise HarnessError(f"{name} was not started by this harness")
        try:
            status = child.wait(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            return None
        self._forget([name])
        return status

    def stop(self, names: Iterable[str], *, grace_s: float = 0.0) -> None:
        """End these processes together and forget them. Unknown names are ignored."""
        recorded = self.records
        records = [recorded[name] for name in names if name in recorded]
        end_records(records, grace_s=grace_s)
        self._forget([record.name for record in records])

    def stop_group(self, group: str, *, grace_s: float = 0.0) -> None:
        """End every process of a group."""
        self.stop([record.name for record in self.records.values() if record.group == group], grace_s=grace_s)

    def _forget(self, names: Iterable[str]) -> None:
        forgotten = tuple(names)
        for name in forgotten:
            child = self._children.pop(name, None)
            if child is not None:
                child.wait(timeout=5.0)
        with _CHANGING:
            left = [record for name, record in self.records.items() if name not in forgotten]
            save_records(self._workspace.processes_file, left)

    def _status(self, name: str) -> str:
        child = self._children.get(name)
        return f" with status {child.returncode}" if child is not None and child.returncode is not None else ""


def inherited_environment() -> dict[str, str]:
    """Return what a child may see of this process's environment.

    Settings of another platform (`PAY_*`, `PATRONI_*`, `PG*`) and proxies would change what is being tested.
    """
    refused = ("PAY_", "PATRONI_", "PG", "FAULTLINE_PROCESS_")
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(refused) and name.lower() not in proxies
    }
