"""What must be true of every run: one sentence in each file, with the counterexamples that contradict it.

Found by their file names (`iNN_what_it_says.py`, each with an `INVARIANT`); a new one is a new file.
"""

import difflib
import importlib
import pkgutil
import re
from functools import cache

from harness.core.errors import UsageError
from harness.core.judgement import Invariant

_FILE = re.compile(r"i\d+_\w+")


@cache
def catalogue() -> tuple[Invariant, ...]:
    """Return every invariant, in the order of their numbers."""
    names = [item.name for item in pkgutil.iter_modules(__path__) if _FILE.fullmatch(item.name)]
    found: list[Invariant] = [importlib.import_module(f"{__name__}.{name}").INVARIANT for name in names]
    return tuple(sorted(found, key=lambda invariant: int(invariant.id[1:])))


def pick(*ids: str) -> tuple[Invariant, ...]:
    """Return the invariants with these ids. Raises `UsageError`, naming the nearest valid one, for others."""
    known = {invariant.id: invariant for invariant in catalogue()}
    for wanted in ids:
        if wanted not in known:
            close = difflib.get_close_matches(wanted.upper(), known, n=1, cutoff=0.3)
            guess = f"did you mean {close[0]}? " if close else ""
            raise UsageError(f"unknown invariant: {wanted!r}", hint=f"{guess}valid: {', '.join(known)}")
    return tuple(known[wanted] for wanted in ids)


__all__ = ["catalogue", "pick"]
