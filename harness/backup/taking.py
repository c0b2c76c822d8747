"""Base backups of the running database: full ones, and increments of what changed since another one.

PostgreSQL makes both (`pg_basebackup`, with `--incremental` from version 18's block summaries), reads every page's
checksum on the way, and writes a manifest of all files. The backup, its manifest and what it is are sealed apart, so
that the next increment can be made, and the list be read, without opening the whole.
"""

import json
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.backup.archiving import Source
from harness.backup.log import position_bytes
from harness.backup.retention import Kept, Retention, kept
from harness.backup.store import Store
from harness.core.errors import HarnessError
from harness.provision.processes.ending import own_marks

BASE = "base/"
_TIMEOUT_S = 300.0


class Backup(msgspec.Struct, frozen=True):
    """One base backup. `parent` is the backup that an increment builds upon; `start` where its log begins, in bytes."""

    id: str
    kind: str
    parent: str
    made_at_us: int
    start_bytes: int
    timeline: int
    size: int
    seconds: float


@dataclass(frozen=True)
class Taker:
    """Makes backups of one database into one store. `scratch` is a folder for what is not sealed yet."""

    source: Source
    store: Store
    scratch: Path
    clock: Callable[[], float] = time.time

    def take(self, parent: Backup | None = None, *, aside: Mapping[str, object] | None = None) -> Backup:
        """Make a full backup, or an increment on `parent`; return it once it is in the store.

        `aside` is kept beside it: the configuration, and which secrets there are (never what they are). Raises
        `HarnessError` with the program's own words where it fails: a page whose checksum is wrong, no block summaries.
        """
        began, now_s = time.monotonic(), self.clock()
        self.scratch.mkdir(parents=True, exist_ok=True)
        kind = "incremental" if parent else "full"
        stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%S%f")[:18]
        identity = f"{stamp}-{kind}"
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            data = Path(folder) / "data"
            self._copy(data, Path(folder), parent)
            manifest = (data / "backup_manifest").read_bytes()
            ranges = json.loads(manifest)["WAL-Ranges"][0]
            self._seal(identity, data)
            made = Backup(
                id=identity,
                kind=kind,
                parent=parent.id if parent else "",
                made_at_us=int(now_s * 1e6),
                start_bytes=position_bytes(ranges["Start-LSN"]),
                timeline=int(ranges["Timeline"]),
                size=sum(path.stat().st_size for path in data.rglob("*") if path.is_file()),
                seconds=round(time.monotonic() - began, 3),
            )
        self.store.put_bytes(f"{BASE}{identity}/manifest", manifest)
        self.store.put_bytes(f"{BASE}{identity}/aside", msgspec.json.encode(dict(aside or {})))
        self.store.put_bytes(f"{BASE}{identity}/backup", msgspec.json.encode(made))
        return made

    def _copy(self, data: Path, folder: Path, parent: Backup | None) -> None:
        command = [str(self.source.programs / "pg_basebackup"), "-D", str(data), "-X", "none", "-c", "fast"]
        if parent:
            earlier = folder / "earlier"
            self.store.fetch(f"{BASE}{parent.id}/manifest", earlier)
            command += ["--incremental", str(earlier)]
        run(self.source, command + list(self.source.address()))

    def _seal(self, identity: str, data: Path) -> None:
        packed = data.with_suffix(".tar")
        with tarfile.open(packed, "w") as archive:
            archive.add(data, arcname=".")
        with packed.open("rb") as stream:
            self.store.put(f"{BASE}{identity}/data", stream)


def run(source: Source, command: list[str]) -> str:
    """Run one of PostgreSQL's client programs; return what it printed. Raises `HarnessError` with its words."""
    name = Path(command[0]).name
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", **source.environment, **own_marks()},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessError(f"{name} could not be run: {error}") from error
    if ran.returncode != 0:
        raise HarnessError(f"{name} failed: {ran.stderr.strip()[-600:]}")
    return ran.stdout + ran.stderr


def listed(store: Store) -> list[Backup]:
    """Return every backup that is whole in the store, oldest first."""
    names = [name for name in store.names(BASE.rstrip("/")) if name.endswith("/backup")]
    return sorted((msgspec.json.decode(store.read(name), type=Backup) for name in names), key=lambda b: b.made_at_us)


def thin_out(store: Store, rule: Retention, now: datetime) -> list[str]:
    """Remove the backups that no rule keeps, and return their ids. The log goes with the oldest that is left."""
    backups = listed(store)
    staying = kept([Kept(b.id, _when(b), b.parent) for b in backups], rule, now)
    gone = [item for item in backups if item.id not in staying]
    for item in gone:
        # What the backup is goes first: half a backup is none.
        for part in ("backup", "aside", "manifest", "data"):
            store.remove(f"{BASE}{item.id}/{part}")
    return [item.id for item in gone]


def chain_of(store: Store, backup: Backup) -> list[Backup]:
    """Return a backup with those that it builds upon, the full one first. Raises `HarnessError` where one is gone."""
    by_id = {item.id: item for item in listed(store)}
    chain = [backup]
    while chain[0].parent:
        if chain[0].parent not in by_id:
            raise HarnessError(f"{chain[0].id} builds upon {chain[0].parent}, which the store does not have")
        chain.insert(0, by_id[chain[0].parent])
    return chain


def _when(backup: Backup) -> datetime:
    return datetime.fromtimestamp(backup.made_at_us / 1e6, UTC)
