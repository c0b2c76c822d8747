"""An earlier revision of this project in an environment of its own, to be measured beside the present one."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import catalogue
from harness.core.errors import UsageError
from harness.workspace import Workspace

REVISION = "6993ade"
"""What is measured against where nothing else is asked for."""


@dataclass(frozen=True)
class Build:
    """A checkout with its interpreter; `name` is what the tables call it."""

    name: str
    folder: Path
    python: Path

    def run(self, *arguments: str) -> str:
        """Run its Python in its folder and return what it printed; raises `CalledProcessError` where it failed."""
        told = subprocess.run([self.python, *arguments], cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True)
        return told.stdout


def present() -> Build:
    """Return this checkout, with the interpreter that runs."""
    return Build("present", catalogue.ROOT, Path(sys.executable))


def baseline(revision: str = REVISION) -> Build:
    """Return an earlier revision, checked out and installed on first use; later calls find it.

    It lies in the workspace, as a git worktree with its own virtual environment from its own lock file. Raises
    `UsageError` where this clone does not have the revision.
    """
    commit = revision_of(revision)
    folder = Workspace.locate().root / "baselines" / commit[:12]
    if not (folder / ".venv" / ".ready").is_file():
        sys.stderr.write(f"building {revision} in {folder}\n")
        if not folder.is_dir():
            _git("worktree", "prune")
            _git("worktree", "add", "--quiet", "--detach", str(folder), commit)
        subprocess.run(["make", "venv", f"PYTHON={sys.executable}"], cwd=folder, check=True, stdout=sys.stderr)
    return Build(revision, folder, folder / ".venv" / "bin" / "python")


def revision_of(revision: str) -> str:
    """Return the whole name of a revision's commit. Raises `UsageError` where this clone does not have it."""
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError as error:
        raise UsageError(
            f"there is no revision {revision!r} in this clone", hint="git fetch --unshallow, or give another --baseline"
        ) from error


def _git(*arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=catalogue.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return told.stdout
