"""Copies into a run's folder what the platform's processes logged during that run, and nothing from before it."""

import shutil
from collections.abc import Mapping
from pathlib import Path


def positions(logs: Path) -> Mapping[str, int]:
    """Return how long each log is now, in bytes."""
    return {path.name: path.stat().st_size for path in logs.glob("*.log")} if logs.is_dir() else {}


def copy_since(logs: Path, before: Mapping[str, int], folder: Path) -> None:
    """Copy what each log gained since `before` into `folder`."""
    for path in logs.glob("*.log"):
        with path.open("rb") as source:
            source.seek(before.get(path.name, 0))
            with (folder / path.name).open("wb") as copy:
                shutil.copyfileobj(source, copy)
