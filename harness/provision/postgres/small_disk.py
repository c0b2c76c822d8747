"""A small file system for one node's write-ahead log, so that it can be filled without touching the host's disk.

It is a tmpfs in a mount namespace of the node's own processes. Nobody else sees it, nothing has to be unmounted, and it
is gone with the last of them, however they end. Root needs `unshare` (util-linux) and the right to mount; anybody else
also a kernel that lets users have namespaces.
"""

import os
import shutil
import subprocess
from pathlib import Path

from harness.core.errors import UsageError

_UNSHARE_ROOT = ("--mount",)
_UNSHARE_USER = ("--user", "--map-current-user", "--keep-caps", "--mount")
_PROBE = 'mount -t tmpfs -o size=1m faultline-probe "$0"'
_START = """
set -e
disk=$1 data=$2 megabytes=$3
shift 3
mkdir -p "$disk"
mount -t tmpfs -o "size=${megabytes}m,mode=755" faultline-wal "$disk"
cp -a "$data/pg_wal" "$disk/wal"
mount --bind "$disk/wal" "$data/pg_wal"
exec "$@"
"""
_PROBE_TIMEOUT_S = 10.0


def require_small_disk() -> None:
    """Raise `UsageError` where this machine or user cannot have one. Nothing is left behind by asking."""
    hint = "run as root in a container that may mount, or leave out what needs database_wal_mb"
    unshare = shutil.which("unshare")
    if unshare is None:
        raise UsageError("database_wal_mb: unshare (util-linux) is not installed", hint=hint)
    try:
        tried = subprocess.run(
            [unshare, *_namespace(), "sh", "-c", _PROBE, "/tmp"],
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT_S,
            cwd="/",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"database_wal_mb: unshare cannot be run: {error}", hint=hint) from error
    if tried.returncode != 0:
        said = tried.stderr.strip().splitlines()
        raise UsageError(
            f"database_wal_mb: this machine gives no small disk to this user: {said[-1] if said else 'refused'}",
            hint=hint,
        )


def on_small_disk(command: tuple[str, ...], data_folder: Path, megabytes: int) -> tuple[str, ...]:
    """Return `command` as it starts with a log of `megabytes` at most; it keeps its process id."""
    disk = str(_disk(data_folder))
    return ("unshare", *_namespace(), "sh", "-c", _START, "sh", disk, str(data_folder), str(megabytes), *command)


def ballast_of(pid: int, data_folder: Path) -> Path:
    """Return where the ballast of a node lies, as seen from outside: `pid` is any process in its namespace."""
    return Path(f"/proc/{pid}/root{_disk(data_folder)}/ballast")


def _namespace() -> tuple[str, ...]:
    return _UNSHARE_ROOT if os.geteuid() == 0 else _UNSHARE_USER


def _disk(data_folder: Path) -> Path:
    return data_folder.with_name(f"disk-{data_folder.name.removeprefix('data-')}")
