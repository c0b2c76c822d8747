"""Reads an archive from member to member, and refuses what no bundle has: nothing of it is ever unpacked.

A member that is a link, a device or a folder, a path that leaves the bundle, a size beyond every bundle: these are no
changes of a bundle but another thing, perhaps made to harm whoever unpacks it.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from harness.bundle.layout import BLOCK, LARGEST_FILE, LARGEST_MANIFEST, LONGEST_PATH, MOST_FILES, padding
from harness.bundle.manifest import FILES, MANIFEST_FILE, SEAL_FILE
from harness.core.errors import UsageError

_HINT = "a bundle is made by `faultline evidence pack`; do not unpack this file"


@dataclass(frozen=True)
class Member:
    """A member as its header tells of it; `at` is where the header begins in the archive, in bytes."""

    name: str
    size: int
    at: int

    @property
    def data_at(self) -> int:
        """Where its content begins."""
        return self.at + BLOCK

    @property
    def end(self) -> int:
        """Where the next header begins."""
        return self.data_at + self.size + padding(self.size)


def walk(stream: BinaryIO, start: int = 0) -> Iterator[Member]:
    """Yield the members from byte `start` on, up to the first place where there is none.

    Raises `UsageError` for a member that no bundle has.
    """
    at = start
    for _ in range(MOST_FILES + 2):
        stream.seek(at)
        found = _parsed(stream.read(BLOCK))
        if found is None:
            return
        _refuse(found, at)
        member = Member(found.name, found.size, at)
        yield member
        at = member.end
    raise UsageError(f"the archive has more than {MOST_FILES} members", hint=_HINT)


def _parsed(data: bytes) -> tarfile.TarInfo | None:
    try:
        return tarfile.TarInfo.frombuf(data, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return None


def _refuse(found: tarfile.TarInfo, at: int) -> None:
    name = found.name
    where = f"byte {at}: the member {name[:120]!r}"
    if found.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise UsageError(f"{where} is a {_kind(found)}, and a bundle has plain files only", hint=_HINT)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or str(path) != name:
        raise UsageError(f"{where} has a path that leaves the bundle, or is not plain", hint=_HINT)
    if name not in (MANIFEST_FILE, SEAL_FILE) and not name.startswith(FILES):
        raise UsageError(f"{where} is not below {FILES}", hint=_HINT)
    largest = LARGEST_FILE if name.startswith(FILES) else LARGEST_MANIFEST
    if not 0 <= found.size <= largest or len(name.encode("utf-8", "surrogateescape")) > LONGEST_PATH:
        raise UsageError(f"{where} claims {found.size} bytes, the most is {largest}", hint=_HINT)


def _kind(found: tarfile.TarInfo) -> str:
    kinds = {tarfile.SYMTYPE: "symbolic link", tarfile.LNKTYPE: "hard link", tarfile.DIRTYPE: "folder"}
    return kinds.get(found.type, f"member of type {found.type!r}")
