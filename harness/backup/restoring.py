"""Brings a backup back, to the end of the archived log or to a moment, as a data folder that a server was started on.

Each step proves something: a sealed file opens only as it was stored, `pg_verifybackup` checks every file of each
backup against its manifest, `pg_combinebackup` puts increments together, the log must be there without a gap, and the
server itself must reach the moment that was asked for: PostgreSQL refuses to start where the log ends before it.
"""

import shutil
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from harness.backup.archiving import WAL, Source
from harness.backup.log import PARTIAL, gaps, segment
from harness.backup.serving import Alone
from harness.backup.store import Store
from harness.backup.taking import BASE, Backup, chain_of, run
from harness.core.errors import HarnessError


class CannotRestore(HarnessError):
    """This backup, with this archive, does not come back."""


@dataclass(frozen=True)
class Moment:
    """Where recovery ends: a time, or just before a transaction committed (`including` it where that is asked for)."""

    at: datetime | None = None
    transaction: int | None = None
    including: bool = False

    @property
    def settings(self) -> Mapping[str, str]:
        """The moment as the server is told."""
        inclusive = {"recovery_target_inclusive": "on" if self.including else "off"}
        if self.transaction is not None:
            return {"recovery_target_xid": str(self.transaction), **inclusive}
        return {"recovery_target_time": self.at.astimezone(UTC).isoformat(sep=" "), **inclusive} if self.at else {}


@dataclass(frozen=True)
class Restored:
    """A restored data folder, cleanly shut down, on a timeline of its own. `steps_s` says how long each step took."""

    data: Path
    backup: Backup
    until: Moment | None
    steps_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Restorer:
    """Restores below `folder`, which is emptied first; `alone` is how the restored server is run."""

    source: Source
    store: Store
    alone: Alone
    folder: Path

    def restore(self, backup: Backup, until: Moment | None = None) -> Restored:
        """Bring a backup back, to a moment or to the archive's end. Raises `CannotRestore` saying what is wrong."""
        steps: dict[str, float] = {}
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            self._timed(steps, "open and verify", lambda: self._open(backup))
            self._timed(steps, "log", lambda: self._log(backup))
            self._timed(steps, "recover", lambda: self._recover(until))
        except HarnessError as error:
            if isinstance(error, CannotRestore):
                raise
            raise CannotRestore(str(error), hint=error.hint) from error
        return Restored(self.data, backup, until, steps)

    @property
    def data(self) -> Path:
        """The restored data folder."""
        return self.folder / "data"

    @staticmethod
    def _timed(steps: dict[str, float], name: str, step: Callable[[], None]) -> None:
        began = time.monotonic()
        step()
        steps[name] = round(time.monotonic() - began, 3)

    def _open(self, backup: Backup) -> None:
        parts = []
        for item in chain_of(self.store, backup):
            packed, part = self.folder / f"{item.id}.tar", self.folder / item.id
            self.store.fetch(f"{BASE}{item.id}/data", packed)
            with tarfile.open(packed) as archive:
                archive.extractall(part, filter="data")
            packed.unlink()
            self._run("pg_verifybackup", "-n", str(part))
            parts.append(str(part))
        if len(parts) == 1:
            Path(parts[0]).rename(self.data)
            return
        self._run("pg_combinebackup", "-o", str(self.data), *parts)
        self._run("pg_verifybackup", "-n", str(self.data))
        for merged in parts:
            shutil.rmtree(merged)

    def _run(self, program: str, *arguments: str) -> None:
        run(self.source, [str(self.source.programs / program), *arguments])

    def _log(self, backup: Backup) -> None:
        names = [name.removeprefix(WAL) for name in self.store.names(WAL.rstrip("/"))]
        if missing := gaps(names, backup.start_bytes):
            raise CannotRestore(
                f"the archive has a gap: {', '.join(missing[:5])} is missing, and {backup.id} needs it",
                hint="restore to a moment before the gap from an older backup, or use another copy of the archive",
            )
        wal = self.folder / "wal"
        wal.mkdir()
        for name in names:
            found = segment(name)
            if found is not None and found.partial and found.name in names:
                continue
            self.store.fetch(WAL + name, wal / name.removesuffix(PARTIAL))

    def _recover(self, until: Moment | None) -> None:
        (self.data / "recovery.signal").touch()
        (self.data / "standby.signal").unlink(missing_ok=True)
        _forget_targets(self.data / "postgresql.conf")
        self.alone.account.own_all(self.folder)
        self.data.chmod(0o700)
        settings = {
            "restore_command": f"cp {self.folder / 'wal'}/%f %p",
            "recovery_target_timeline": "latest",
            "recovery_target_action": "promote",
            "hot_standby": "on",
            "archive_mode": "off",
            **(until.settings if until is not None else {}),
        }
        with self.alone.serving(self.data, settings, ready="SELECT NOT pg_is_in_recovery()"):
            pass  # it was promoted: whoever copies the folder finds all of it, on a timeline of its own


def _forget_targets(configuration: Path) -> None:
    """Remove where recovery was to end when the backup was made: Patroni writes each target, empty, into its file.

    An empty one counts as a second one where another is given, and the server refuses to start.
    """
    lines = configuration.read_text().splitlines(keepends=True)
    configuration.write_text("".join(line for line in lines if not line.lstrip().startswith("recovery_target")))
