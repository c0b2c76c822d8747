"""The undo journal: every fault's undo is on disk before the fault is injected."""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.core.fault import Undo


class UndoJournal:
    """An append-only file of JSON lines, synchronised to disk at each line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._appending = threading.Lock()
        self._next = 1 + max((int(entry) for entry in self._entries()[0]), default=0)

    def register(self, undo: Undo) -> str:
        """Write down how to heal what is about to be injected; return the entry's id."""
        with self._appending:
            entry = str(self._next)
            self._next += 1
            self._append({"entry": entry, "kind": undo.kind, "arguments": dict(undo.arguments)})
        return entry

    def done(self, entry: str) -> None:
        """Note that an entry was carried out and proven."""
        with self._appending:
            self._append({"done": entry})

    def outstanding(self) -> dict[str, Undo]:
        """Return what was registered and not proven healed, newest first: undo in the reverse order."""
        undos, done = self._entries()
        return {entry: undo for entry, undo in reversed(undos.items()) if entry not in done}

    def clear(self) -> None:
        """Remove the file where nothing is outstanding."""
        with self._appending:
            if not self.outstanding():
                self._path.unlink(missing_ok=True)

    def _entries(self) -> tuple[dict[str, Undo], set[str]]:
        undos: dict[str, Undo] = {}
        done: set[str] = set()
        for line in self._lines():
            if "done" in line:
                done.add(str(line["done"]))
            else:
                undos[str(line["entry"])] = Undo(str(line["kind"]), line["arguments"])
        return undos, done

    def _lines(self) -> list[dict[str, Any]]:
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            return []
        parsed = [_parsed(line) for line in text.split("\n")]
        return [line for line in parsed if line is not None]

    def _append(self, line: Mapping[str, object]) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # The newline comes first: it ends a line that a killed process left unfinished.
            os.write(descriptor, ("\n" + json.dumps(line) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _parsed(line: str) -> dict[str, Any] | None:
    """Return a line's record. A harness killed in the middle of a line had not injected yet: that means nothing."""
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return record
