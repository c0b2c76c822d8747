"""Find the planted bugs by their file names."""

import importlib
import pkgutil
import re
from pathlib import Path

from system.bugs.bug import Bug

_FOLDER = Path(__file__).parent
_FILE = re.compile(r"b\d{2,3}_\w+")


def catalogue() -> tuple[Bug, ...]:
    """Return every planted bug's description, by id."""
    names = [item.name for item in pkgutil.iter_modules([str(_FOLDER)]) if _FILE.fullmatch(item.name)]
    return tuple(sorted((_describe(name) for name in names), key=lambda bug: bug.id))


def _describe(name: str) -> Bug:
    bug: Bug = importlib.import_module(f"system.bugs.{name}").BUG
    return bug
