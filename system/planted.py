"""Loads the one planted bug that ``PAY_BUG`` names, at start and only then.

A planted bug is a file ``system/bugs/<id>_<name>.py`` (for example ``b07_fallback_on_any_error.py``) with
``plant(seams, reached) -> Seams`` and, where it needs other definitions in the database,
``async def prepare(connection) -> None``.
"""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from system.seams import Seams, sound_seams
from system.settings import Settings
from system.store.connection import Connection

BUGS = Path(__file__).parent / "bugs"


class UnknownBug(Exception):
    """``PAY_BUG`` names a bug that does not exist."""


@dataclass(slots=True)
class Planted:
    """Which bug is in force (empty: none), and how often its changed behaviour was reached."""

    bug: str = ""
    reached: int = 0
    prepare: Callable[[Connection], Awaitable[None]] | None = None

    def count(self) -> None:
        """Called by a planted bug each time that it does something which the sound system would not."""
        self.reached += 1


def known_bugs() -> dict[str, str]:
    """Upper-case id -> module name of every planted bug."""
    return {path.stem.split("_")[0].upper(): path.stem for path in sorted(BUGS.glob("b[0-9]*_*.py"))}


def load(settings: Settings) -> tuple[Seams, Planted]:
    """The seams in force and the bug planted in them. Raises UnknownBug."""
    seams = sound_seams(settings)
    if not settings.bug:
        return seams, Planted()
    bugs = known_bugs()
    bug = settings.bug.upper()
    if bug not in bugs:
        raise UnknownBug(f"unknown bug {settings.bug!r}; known: {', '.join(bugs) or 'none'}")
    module = importlib.import_module(f"system.bugs.{bugs[bug]}")
    planted = Planted(bug=bug)
    planted.prepare = cast("Callable[[Connection], Awaitable[None]] | None", getattr(module, "prepare", None))
    return cast(Seams, module.plant(seams, planted.count)), planted
