"""Brings the database's log into the store while it is written: PostgreSQL's own receiver, and a thread that seals.

The receiver streams like a standby that nobody waits for, so a commit is in its folder milliseconds after it was made,
and costs the primary what one more standby does: no archive command runs in it. After a failover it streams from the
new primary. Nothing of it exists where nobody archives.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.backup.log import PARTIAL, segment
from harness.backup.store import Store
from harness.core.errors import ControlError, HarnessError
from harness.provision.processes.supervisor import ProcessSpec, Supervisor

RECEIVER = "log-receiver"
POLL_S = 0.5
WAL = "wal/"
_CATCH_UP_S = 30.0


@dataclass(frozen=True)
class Source:
    """The database that is backed up: where its primary listens (asked each time), and who may replicate."""

    primary_port: Callable[[], int]
    programs: Path
    user: str
    password: str

    @property
    def environment(self) -> Mapping[str, str]:
        """What PostgreSQL's client programs are told."""
        return {"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "3", "LC_ALL": "C"}

    def address(self) -> tuple[str, ...]:
        """Return the options that lead to the present primary. Raises `ControlError` where there is none."""
        return ("-h", "127.0.0.1", "-p", str(self.primary_port()), "-U", self.user)


class Archiver:
    """Archives from `start` to `stop`. `spool` is its own folder, on this side of the region's border."""

    def __init__(self, source: Source, store: Store, supervisor: Supervisor, spool: Path) -> None:
        self._source, self._store, self._supervisor, self._spool = source, store, supervisor, spool
        self._halt = threading.Event()
        self._working = threading.Lock()
        self._stored: dict[str, str] = {}
        self._problem = ""
        self._thread = threading.Thread(target=self._work, name="archiver", daemon=True)

    def start(self) -> None:
        """Begin to receive and to seal."""
        self._spool.mkdir(parents=True, exist_ok=True)
        self._receive()
        self._thread.start()

    def stop(self) -> None:
        """End the receiver, and seal what it got. Harmless where it is over already."""
        self._halt.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30.0)
        self._supervisor.stop([RECEIVER], grace_s=2.0)
        self._seal_new()

    def await_segment(self, name: str) -> None:
        """Return once a whole segment of the log is in the store. Raises `HarnessError` where that does not come."""
        until = time.monotonic() + _CATCH_UP_S
        while name not in self._stored:
            if time.monotonic() > until:
                why = f": {self._problem}" if self._problem else ""
                raise HarnessError(f"{name} of the log was not archived within {_CATCH_UP_S:.0f} s{why}")
            time.sleep(POLL_S / 5)

    def _work(self) -> None:
        while not self._halt.wait(POLL_S):
            try:
                if not self._supervisor.alive(RECEIVER):
                    self._receive()
                self._seal_new()
                self._problem = ""
            except (HarnessError, OSError) as error:
                self._problem = str(error)

    def _receive(self) -> None:
        try:
            address = self._source.address()
        except ControlError as error:
            self._problem = str(error)
            return
        command = (
            str(self._source.programs / "pg_receivewal"),
            "-D",
            str(self._spool),
            "--no-loop",
            "-s",
            "1",
            *address,
        )
        self._supervisor.stop([RECEIVER])
        self._supervisor.spawn(
            ProcessSpec(RECEIVER, command, dict(self._source.environment), group="run", role="receives the log")
        )

    def _seal_new(self) -> None:
        """Seal every segment that the store does not have as it is now."""
        with self._working:
            for path in sorted(self._spool.iterdir()):
                if path.name.startswith(".") or (segment(path.name) is None and path.suffix != ".history"):
                    continue
                try:
                    data = path.read_bytes()
                except FileNotFoundError:
                    continue  # it was completed, and has another name by now
                digest = hashlib.sha256(data).hexdigest()
                if self._stored.get(path.name) == digest:
                    continue
                self._store.put_bytes(WAL + path.name, data, replace=path.name.endswith(PARTIAL))
                self._stored[path.name] = digest
                if segment(path.name) is not None and not path.name.endswith(PARTIAL):
                    self._store.remove(WAL + path.name + PARTIAL)
