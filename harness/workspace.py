"""The workspace: one folder that holds everything a running harness owns (lock, lease, journal, processes, logs).

It is `.faultline` in the current folder, or `$FAULTLINE_WORKSPACE`. One harness at a time may use it.
"""

import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.core.errors import HarnessError, UsageError


class Workspace:
    """The paths of one workspace. Creating the value creates nothing on disk; `prepare` does."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.lock_file = self.root / "lock"
        self.lease_file = self.root / "lease"
        self.undo_file = self.root / "undo.jsonl"
        self.processes_file = self.root / "processes.json"
        self.platform_file = self.root / "platform.json"
        self.kept_file = self.root / "kept"
        self.merchants_file = self.root / "merchants.json"
        self.logs = self.root / "logs"
        self.cluster = self.root / "cluster"
        self.journals = self.root / "gateway-journals"

    @classmethod
    def locate(cls, environ: Mapping[str, str] = os.environ) -> "Workspace":
        """Return the workspace of the current folder, or the one that `FAULTLINE_WORKSPACE` names."""
        named = environ.get("FAULTLINE_WORKSPACE")
        return cls(Path(named) if named else Path.cwd() / ".faultline")

    def prepare(self) -> None:
        """Create the folders. Raises `UsageError` where that is not possible."""
        try:
            for folder in (self.root, self.logs, self.journals):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"workspace {self.root} cannot be created: {error.strerror}",
                hint="run in a writable folder, or set FAULTLINE_WORKSPACE to one",
            ) from error
        ignore = self.root / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    @property
    def kept(self) -> bool:
        """Whether `up` left a platform here that outlives its harness."""
        return self.kept_file.exists()


class WorkspaceLock:
    """The right to use a workspace, held through `flock`, so that it ends with the process that holds it."""

    def __init__(self, workspace: Workspace, command: str) -> None:
        self._path = workspace.lock_file
        self._workspace = workspace
        self._command = command
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise `UsageError` that says who holds it."""
        self._workspace.prepare()
        for _ in range(100):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise UsageError(
                    f"workspace {self._workspace.root} is in use by {describe_holder(self._path)}",
                    hint="wait for it, stop it, or set FAULTLINE_WORKSPACE to another folder (and another --base-port)",
                ) from None
            if self._is_current(descriptor):
                self._descriptor = descriptor
                self._write_holder(descriptor)
                return
            # The previous holder removed the file between our open and our lock: lock the new one.
            os.close(descriptor)
        raise HarnessError(f"the lock {self._path} kept changing while it was being taken")

    def release(self) -> None:
        """Give the lock back and remove its file. Harmless when it is not held."""
        if self._descriptor is None:
            return
        if self._is_current(self._descriptor):
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _write_holder(self, descriptor: int) -> None:
        holder = {"pid": os.getpid(), "command": self._command, "since": time.strftime("%Y-%m-%d %H:%M:%S")}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def describe_holder(path: Path) -> str:
    """Return who holds a lock file, in words."""
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['pid']} ({holder['command']}) since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def write_private(path: Path, content: Mapping[str, Any] | list[Any]) -> None:
    """Write JSON atomically to a file that only its owner may read (mode 600)."""
    write_atomic(path, json.dumps(content, indent=1), mode=0o600)


def write_atomic(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a file's content in one step, so that a reader never sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    os.replace(temporary, path)
