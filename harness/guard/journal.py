"""The undo journal: every fault's undo is on disk before the fault is injected."""

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.core.errors import HarnessError
from harness.core.fault import Undo
from harness.core.plain import Json

_HINT = "is the disk full? without its undo on disk no fault is injected"


class _Line(msgspec.Struct, frozen=True):
    """A line: how to heal what is about to be injected, or that an entry was carried out and proven (`done`)."""

    entry: str = ""
    kind: str = ""
    arguments: Mapping[str, str] = {}
    done: str | None = None


class UndoJournal:
    """An append-only file of JSON lines, synchronised to disk at each line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._appending = threading.Lock()
        self._done: set[str] = set()
        self._next = 1 + max((int(entry) for entry in self._entries()[0]), default=0)

    def register(self, undo: Undo) -> str:
        """Write down how to heal what is about to be injected; return the entry's id.

        Raises `HarnessError` where it cannot be written: then nothing may be injected.
        """
        with self._appending:
            entry = str(self._next)
            self._next += 1
            self._append({"entry": entry, "kind": undo.kind, "arguments": dict(undo.arguments)})
        return entry

    def done(self, entry: str) -> None:
        """Note that an entry was carried out and proven.

        A note that cannot be written (a full disk) must not stop the healing of others: whoever reads the file later
        heals that entry once more, which is harmless.
        """
        with self._appending:
            self._done.add(entry)
            with suppress(HarnessError):
                self._append({"done": entry})

    def outstanding(self) -> dict[str, Undo]:
        """Return what was registered and not proven healed, newest first: undo in the reverse order."""
        undos, done = self._entries()
        return {entry: undo for entry, undo in reversed(undos.items()) if entry not in done | self._done}

    def clear(self) -> None:
        """Remove the file where nothing is outstanding."""
        with self._appending:
            if not self.outstanding():
                self._path.unlink(missing_ok=True)

    def _entries(self) -> tuple[dict[str, Undo], set[str]]:
        undos: dict[str, Undo] = {}
        done: set[str] = set()
        for line in self._lines():
            if line.done is not None:
                done.add(line.done)
            else:
                undos[line.entry] = Undo(line.kind, line.arguments)
        return undos, done

    def _lines(self) -> list[_Line]:
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            return []
        parsed = [_parsed(line) for line in text.split("\n")]
        return [line for line in parsed if line is not None]

    def _append(self, line: Mapping[str, Json]) -> None:
        # The newline comes first: it ends a line that a killed process left unfinished.
        content = ("\n" + json.dumps(line) + "\n").encode()
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                written = os.write(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise HarnessError(f"{self._path} cannot be written: {error.strerror}", hint=_HINT) from error
        if written != len(content):
            raise HarnessError(f"{self._path}: only {written} of {len(content)} bytes were written", hint=_HINT)


def _parsed(line: str) -> _Line | None:
    """Return a line's record. A harness killed in the middle of a line had not injected yet: that means nothing."""
    try:
        return msgspec.json.decode(line, type=_Line)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return None
