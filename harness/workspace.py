"""The workspace: one folder that holds everything a running harness owns (lock, lease, journal, processes, logs).

It is `.faultline` in the current folder, or `$FAULTLINE_WORKSPACE`. One harness at a time may use it.
"""

import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from harness.core.errors import HarnessError, UsageError

TAKE_OVER_S = 12.0
"""How long a new harness waits for the guard of a dead one: its clean-up is done within 10 s."""

_DYING_S = 0.5
"""A harness that was killed a moment ago may still be seen alive."""

_START_TOLERANCE_S = 1.0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Workspace:
    """The paths of one workspace. Creating the value creates nothing on disk; `prepare` does."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.lock_file = self.root / "lock"
        self.lease_file = self.root / "lease"
        self.undo_file = self.root / "undo.jsonl"
        self.unhealed_file = self.root / "unhealed.jsonl"
        self.processes_file = self.root / "processes.json"
        self.platform_file = self.root / "platform.json"
        self.containers_file = self.root / "containers.json"
        self.kept_file = self.root / "kept"
        self.stopped_file = self.root / "stopped.json"
        self.control_file = self.root / "control.json"
        self.injections_file = self.root / "injections.jsonl"
        self.merchants_file = self.root / "merchants.json"
        self.load_file = self.root / "load.json"
        self.logs = self.root / "logs"
        self.cluster = self.root / "cluster"
        self.journals = self.root / "gateway-journals"
        self.crashes = self.root / "crashes"
        self.mutants = self.root / "mutants"

    @classmethod
    def locate(cls, environ: Mapping[str, str] = os.environ) -> "Workspace":
        """Return the workspace of the current folder, or the one that `FAULTLINE_WORKSPACE` names."""
        named = environ.get("FAULTLINE_WORKSPACE")
        return cls(Path(named) if named else Path.cwd() / ".faultline")

    def job(self, number: int) -> "Workspace":
        """Return the workspace of one of several platforms side by side, counted from 0."""
        return Workspace(self.root / "jobs" / str(number + 1))

    def jobs(self) -> "list[Workspace]":
        """Return the workspaces of platforms side by side that there are or have been."""
        return [Workspace(path) for path in sorted((self.root / "jobs").glob("*")) if path.is_dir()]

    def prepare(self) -> None:
        """Create the folders. Raises `UsageError` where that is not possible."""
        try:
            for folder in (self.root, self.logs, self.journals, self.crashes):
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
    """The right to use a workspace, held through `flock`, so that it ends with the processes that hold it.

    The guard inherits the descriptor: the workspace of a dead harness is free when its guard has ended, not before.
    """

    def __init__(self, workspace: Workspace, command: str, *, wait_s: float = TAKE_OVER_S) -> None:
        self._path = workspace.lock_file
        self._workspace = workspace
        self._command = command
        self._wait_s = wait_s
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """The open lock file, for a guard to inherit. Raises `HarnessError` when the lock is not held."""
        if self._descriptor is None:
            raise HarnessError(f"the lock {self._path} is not held")
        return self._descriptor

    def acquire(self, tell: Callable[[str], None] = _say) -> None:
        """Take the lock or raise `UsageError` that says who holds it.

        A harness that lives is never waited for; the guard that cleans up behind a dead one is, and `tell` says so.
        """
        self._workspace.prepare()
        began = time.monotonic()
        told = False
        for _ in range(10_000):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                lives = holder_lives(self._path)
                if time.monotonic() - began > (min(_DYING_S, self._wait_s) if lives else self._wait_s):
                    raise self._refusal(lives) from None
                if not (lives or told) and self._path.exists():
                    tell(f"waiting for the guard of {describe_holder(self._path)}, which died, to clean up")
                    told = True
                time.sleep(0.05)
                continue
            if lock_is_current(self._path, descriptor):
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
        if lock_is_current(self._path, self._descriptor):
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None

    def _refusal(self, holder_is_alive: bool) -> UsageError:
        if holder_is_alive:
            return UsageError(
                f"workspace {self._workspace.root} is in use by {describe_holder(self._path)}",
                hint="wait for it, stop it, or set FAULTLINE_WORKSPACE to another folder (and another --base-port)",
            )
        return UsageError(
            f"workspace {self._workspace.root} is still being cleaned up behind {describe_holder(self._path)}, "
            f"after {self._wait_s:.0f} s",
            hint=f"try again in a moment; what the guard does is in {self._workspace.logs / 'guard.log'}",
        )

    def _write_holder(self, descriptor: int) -> None:
        pid = os.getpid()
        holder = {
            "pid": pid,
            "command": self._command,
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
            "started_at": psutil.Process(pid).create_time(),
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def lock_is_current(path: Path, descriptor: int) -> bool:
    """Tell whether this open lock file is still the one at `path` (and not one that was removed since)."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def holder_lives(path: Path) -> bool:
    """Tell whether the harness that a lock file names still runs. A zombie, or another with its pid, does not count."""
    try:
        holder = json.loads(path.read_text())
        process = psutil.Process(int(holder["pid"]))
        same = abs(process.create_time() - float(holder["started_at"])) <= _START_TOLERANCE_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return False


def describe_holder(path: Path) -> str:
    """Return who holds a lock file, in words."""
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['pid']} ({holder['command']}) since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def check_writable(folder: Path, *, field: str = "--out") -> None:
    """Make a folder and raise `UsageError` naming the field where nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 65536)
    except OSError as error:
        raise UsageError(
            f"{field}: {folder} cannot be written: {error.strerror}",
            hint=f"give a folder with room in it, with {field}",
        ) from error


def write_private(path: Path, content: Mapping[str, Any] | list[Any]) -> None:
    """Write JSON atomically to a file that only its owner may read (mode 600)."""
    write_atomic(path, json.dumps(content, indent=1), mode=0o600)


def write_atomic(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace a file's content in one step, so that a reader never sees half of it."""
    with replacing(path) as draft:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a draft beside a file. It takes the file's place when the block ends well, and is removed otherwise."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def remove_with_drafts(path: Path) -> None:
    """Remove a file and what a writer of it that was killed in `replacing` left."""
    for found in (path, *path.parent.glob(f".{path.name}.*.tmp")):
        found.unlink(missing_ok=True)
