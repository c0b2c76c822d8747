"""What people say and do on a game day, in the order in which they do: a file of JSON lines, and the last of it.

Each entry has a time, an author and a kind: who takes part, notes, experiments (what is expected, what was injected,
what was observed), stops and releases, and the clock of an incident as people press it.
"""

import threading
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from harness.core.errors import UsageError
from harness.run.events import now_us

FILE = "gameday.jsonl"
TEXT_MAX = 2_000
NAME_MAX = 80
ENTRIES_MAX = 5_000


class EntryKind(StrEnum):
    """What an entry is about."""

    JOINED = "joined"
    NOTE = "note"
    HYPOTHESIS = "hypothesis"
    INJECTED = "injected"
    RENEWED = "renewed"
    HEALED = "healed"
    OBSERVATION = "observation"
    STOPPED = "stopped"
    RELEASED = "released"
    CLOCK = "clock"
    PAGED = "paged"
    ENDED = "ended"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry. `at_us` is microseconds since the epoch; `about` the injection (or the moment of a clock) it is about.

    `fault`, `on`, `parameters` and `for_s` are what was injected, as it was asked for, so that it can be repeated.
    """

    number: int
    at_us: int
    kind: EntryKind
    by: str
    text: str = ""
    about: str = ""
    fault: str = ""
    on: str = ""
    parameters: dict[str, str] = {}
    for_s: float = 0.0


CLOCK: tuple[str, ...] = ("detected", "localised", "mitigated", "resolved")
"""The moments of an incident that people press."""


class DayBook:
    """Writes entries as they come. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._number = 0
        self._last: deque[Entry] = deque(maxlen=ENTRIES_MAX)

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries, oldest first."""
        with self._lock:
            return list(self._last)

    @property
    def people(self) -> Sequence[str]:
        """Who takes part, in the order in which they came."""
        return list(dict.fromkeys(item.by for item in self.entries if item.kind is EntryKind.JOINED))

    def add(
        self,
        kind: EntryKind,
        by: str,
        text: str = "",
        *,
        about: str = "",
        fault: str = "",
        on: str = "",
        parameters: dict[str, str] | None = None,
        for_s: float = 0.0,
    ) -> Entry:
        """Write an entry. Raises `UsageError` where it has no author, is too long, or there are too many."""
        author, said = checked_name(by), text.strip()
        if len(said) > TEXT_MAX:
            raise UsageError(f"text: {len(said)} characters, at most {TEXT_MAX} are taken", hint="say it shorter")
        with self._lock:
            if self._number >= ENTRIES_MAX:
                raise UsageError(f"this day has {ENTRIES_MAX} entries already", hint="end it and begin another")
            self._number += 1
            entry = Entry(self._number, now_us(), kind, author, said, about, fault, on, dict(parameters or {}), for_s)
            with self._path.open("ab") as stream:
                stream.write(msgspec.json.encode(entry) + b"\n")
            self._last.append(entry)
        return entry


def checked_name(by: str) -> str:
    """Return a name as it is kept. Raises `UsageError` where there is none, or a very long one."""
    name = " ".join(by.split())
    if not name or len(name) > NAME_MAX:
        raise UsageError("by: a name is needed", hint=f"at most {NAME_MAX} characters")
    return name


def read_book(folder: Path) -> list[Entry]:
    """Return the entries of a run's folder; none where it was no game day. A line that was torn is left out."""
    path = folder / FILE
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError:
            continue
    return found
