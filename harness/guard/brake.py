"""The brake: while `faultline stop` is in force, nothing is injected by anybody, until somebody releases it by name."""

import json
import time
from dataclasses import dataclass

from harness.core.errors import UsageError
from harness.workspace import Workspace, write_atomic


@dataclass(frozen=True)
class Stopped:
    """Who stopped all injections, and when (local time, in words)."""

    by: str
    since: str


def stopped(workspace: Workspace) -> Stopped | None:
    """Return who stopped all injections in this workspace; None where nobody did. A file that is torn counts."""
    try:
        told = json.loads(workspace.stopped_file.read_text())
        return Stopped(str(told["by"]), str(told["since"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return Stopped("somebody", "a time that cannot be read")


def engage(workspace: Workspace, by: str) -> Stopped:
    """Let nothing be injected from now on. Whoever stopped first stays named."""
    workspace.prepare()
    if (already := stopped(workspace)) is not None:
        return already
    now = Stopped(by, time.strftime("%Y-%m-%d %H:%M:%S"))
    write_atomic(workspace.stopped_file, json.dumps({"by": now.by, "since": now.since}) + "\n")
    return now


def release(workspace: Workspace) -> Stopped | None:
    """Let injections be made again; return who had stopped them, None where nobody had."""
    before = stopped(workspace)
    workspace.stopped_file.unlink(missing_ok=True)
    return before


def require_released(workspace: Workspace) -> None:
    """Raise `UsageError` while injections are stopped."""
    if (found := stopped(workspace)) is not None:
        raise UsageError(
            f"nothing is injected here: {found.by} stopped everything on {found.since}",
            hint="when it is safe again: `faultline release --by NAME`",
        )
