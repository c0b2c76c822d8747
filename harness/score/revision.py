"""Which code a run was made of: the git revision of what decides its outcome, not of documents and tests."""

import hashlib
import subprocess
from pathlib import Path

from harness.catalogue import ROOT

MADE_OF = ("topology", "system", "harness", "faults", "scenarios", "loadtests", "requirements.lock")
"""Folders and files that a run is made of."""
UNKNOWN = "unknown"


def revision(root: Path = ROOT) -> str:
    """Return the last revision that changed what runs are made of, such as `5ce5fd9a01`.

    Changes that are not committed add a digest of theirs (`5ce5fd9a01+3f2a91c0`). `unknown` where there is no git.
    """
    committed = _git(root, "log", "-1", "--format=%h", "--abbrev=10", "--", *MADE_OF).strip()
    if not committed:
        return UNKNOWN
    changed = _git(root, "diff", "HEAD", "--", *MADE_OF)
    fresh = _git(root, "ls-files", "--others", "--exclude-standard", "--", *MADE_OF).split("\n")
    changed += "".join(name + (root / name).read_text(errors="replace") for name in fresh if name)
    return committed + (f"+{hashlib.sha256(changed.encode()).hexdigest()[:8]}" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
