"""The durable journal: JSON lines, appended before anything is answered, folded into state at start.

A line is handed to the operating system in one write before the answer leaves, so that `kill -9` of the process loses
nothing that was answered. (A crash of the whole machine may lose the last instants: the simulated outside world is
not the subject of such a test.)
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from system.gateways.common.records import Record

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class JournalError(Exception):
    """The journal holds something that this version did not write."""


class Journal:
    """An append-only file of records."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises OSError."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._pending: list[Record] = []

    def append_soon(self, record: Record) -> None:
        """Write this with the next append or flush. For facts that nobody was promised (when an answer left)."""
        self._pending.append(record)

    def flush(self) -> None:
        """Write what is pending. Raises OSError."""
        if self._pending:
            self.append(())

    def append(self, records: Iterable[Record]) -> None:
        """Write all records in one piece. Raises OSError (a full disk): then none of them counts."""
        data = _encoder.encode_lines([*self._pending, *records])
        start = os.lseek(self._fd, 0, os.SEEK_END)
        written = os.write(self._fd, data)
        if written != len(data):
            os.ftruncate(self._fd, start)
            raise OSError(f"journal {self.path}: wrote {written} of {len(data)} bytes")
        self._pending.clear()

    def replay(self) -> Iterator[Record]:
        """Yield everything written so far; a last line torn by a kill was never answered and is cut off.

        Raises `JournalError` for damage anywhere else.
        """
        good = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    break
                try:
                    record = _decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise JournalError(f"{self.path} line {number}: {error}") from error
                good += len(line)
                yield record
        os.ftruncate(self._fd, good)

    def clear(self) -> None:
        """Forget everything."""
        self._pending.clear()
        os.ftruncate(self._fd, 0)

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.flush()
        os.close(self._fd)
