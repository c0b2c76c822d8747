"""Where backups are kept: a folder of another region, with nothing in it that is not sealed.

What is stored is never written over, but for the segment of the log that is still growing.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from harness.backup.sealing import KEY_BYTES, opened, seal
from harness.core.errors import HarnessError
from harness.workspace import replacing

SEALED = ".sealed"


@dataclass(frozen=True)
class Store:
    """Sealed files by their names, such as `wal/000000010000000000000003`, below `root`."""

    root: Path
    key: bytes = field(repr=False)

    def put(self, name: str, source: BinaryIO, *, replace: bool = False) -> None:
        """Seal a stream under a name. Raises `HarnessError` where the name is taken, unless it may be replaced."""
        path = self._path(name)
        if path.exists() and not replace:
            raise HarnessError(f"the store has {name} already", hint="what is stored is never written over")
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft, draft.open("wb") as target:
            seal(source, target, key=self.key, name=name)

    def put_bytes(self, name: str, data: bytes, *, replace: bool = False) -> None:
        """Seal a small file."""
        self.put(name, BytesIO(data), replace=replace)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield what is stored under a name. Raises `BrokenSeal`, or `HarnessError` where there is nothing."""
        try:
            with self._path(name).open("rb") as source:
                yield from opened(source, key=self.key, name=name)
        except FileNotFoundError as error:
            raise HarnessError(f"the store has no {name}", hint=f"it is {self.root}") from error

    def read(self, name: str) -> bytes:
        """Return a small file."""
        return b"".join(self.pieces(name))

    def fetch(self, name: str, target: Path) -> None:
        """Write what is stored under a name into a file."""
        with target.open("wb") as out:
            for piece in self.pieces(name):
                out.write(piece)

    def names(self, prefix: str) -> list[str]:
        """Return every name below a folder of the store, sorted."""
        found = (self.root / prefix).rglob(f"*{SEALED}")
        return sorted(path.relative_to(self.root).as_posix().removesuffix(SEALED) for path in found)

    def remove(self, name: str) -> None:
        """Remove what is stored under a name; nothing where there is none. For retention alone."""
        self._path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Return the sealed file itself."""
        return self._path(name)

    def _path(self, name: str) -> Path:
        return self.root / f"{name}{SEALED}"


def key_in(path: Path) -> bytes:
    """Return the key in a file that only its owner may read, made where there is none.

    It must not lie in the store, nor be lost with the region: whoever has the one without the other has nothing.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(KEY_BYTES))
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise HarnessError(
            f"{path} holds no key of {KEY_BYTES} bytes", hint="put the right one there; nothing opens without"
        )
    return key
