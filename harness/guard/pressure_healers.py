"""Healers of the database's pressure: whoever holds its connections is ended, the ballast on its disk is removed."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from harness.core.errors import HealingError
from harness.core.fault import Undo
from harness.provision.processes.ending import MARK_WORKSPACE, end

RELEASE, FREE = "release_connections", "free_disk"
HOG = "harness.provision.postgres.hog"
_GONE_DEADLINE_S = 5.0


def release_undo(workspace: Path) -> Undo:
    """Return the undo `release_connections` of this workspace's hog."""
    return Undo(RELEASE, {"workspace": str(workspace)})


def free_undo(ballast: Path, node: str) -> Undo:
    """Return the undo `free_disk` of a node."""
    return Undo(FREE, {"ballast": str(ballast), "node": node})


def release_connections(arguments: Mapping[str, str]) -> None:
    """End whoever holds the database's connections for this `workspace`; the server notices at once."""
    until = time.monotonic() + _GONE_DEADLINE_S
    while holders := list(_holders(arguments["workspace"])):
        if time.monotonic() > until:
            raise HealingError(f"process {holders[0].pid} still holds the database's connections")
        end(holders)


def free_disk(arguments: Mapping[str, str]) -> None:
    """Remove the `ballast` from a node's small disk. With the disk itself gone there is nothing left to free."""
    path = Path(arguments["ballast"])
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise HealingError(f"{path} cannot be removed: {error.strerror}") from error


def _holders(workspace: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if HOG in process.cmdline() and process.environ().get(MARK_WORKSPACE) == workspace:
                yield process
        except (psutil.Error, OSError):
            continue


PRESSURE_HEALERS: Mapping[str, Callable[[Mapping[str, str]], None]] = {RELEASE: release_connections, FREE: free_disk}
"""The healers of this file by the kind of undo."""
