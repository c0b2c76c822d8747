"""Proves a bundle unchanged, or says which file of it was changed and at which byte.

First the archive's shape: what no bundle has is refused before anything else is looked at. Then the manifest by its
seal, then the order of the members, then every byte of every one: headers and padding as well, since the manifest tells
all of them. Nothing is unpacked.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.bundle import chain
from harness.bundle.differing import MOST_TOLD, Difference, content_differences, fixed_differences
from harness.bundle.layout import BLOCK, END, LARGEST_MANIFEST, header, padding
from harness.bundle.manifest import (
    FILES,
    MANIFEST_FILE,
    SEAL_FILE,
    Damaged,
    Manifest,
    encode,
    read_manifest,
    read_seal,
    seal_of,
)
from harness.bundle.walking import Member, walk
from harness.core.errors import UsageError


@dataclass(frozen=True)
class Verification:
    """What verifying came to. `seal` is that of the manifest as it is in the bundle now."""

    run_id: str
    seal: str
    files: int
    events: int
    differences: tuple[Difference, ...]

    @property
    def unchanged(self) -> bool:
        """Whether every byte is what was packed."""
        return not self.differences


def verify(path: Path, seal: str = "") -> Verification:
    """Check a bundle, against the seal that was kept elsewhere where there is one.

    Raises `UsageError` for a file that is no bundle or could harm whoever unpacks it.
    """
    try:
        with path.open("rb") as stream:
            return _verify(stream, path.stat().st_size, seal)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="give a bundle.tar") from error


def _verify(stream: BinaryIO, size: int, seal: str) -> Verification:
    members = list(walk(stream))
    if not members and (spoiled := _first_header(stream)):
        return Verification("", "", 0, 0, (spoiled,))
    if not members or members[0].name != MANIFEST_FILE:
        begins = f"begins with {members[0].name!r}" if members else "is no archive"
        raise UsageError(f"this is not a bundle: it {begins}", hint="a bundle is made by `faultline evidence pack`")
    document = _content(stream, members[0])
    found = seal_of(document).manifest.sha256
    if broken := [*_of_manifest(document, stream, members), *_of_seal(found, seal)]:
        return Verification("", found, 0, 0, tuple(broken))
    manifest = read_manifest(document)
    told = (*_of_bytes(stream, size, manifest, document), *_of_events(stream, members, manifest))
    return Verification(manifest.run_id, found, len(manifest.files), manifest.events.events, told)


def _content(stream: BinaryIO, member: Member) -> bytes:
    stream.seek(member.data_at)
    return stream.read(member.size)


def _first_header(stream: BinaryIO) -> Difference | None:
    """Return where the very first header was changed; None where what follows it is no manifest."""
    stream.seek(BLOCK)
    document = stream.read(LARGEST_MANIFEST).split(b"\0", 1)[0]
    try:
        read_manifest(document)
    except Damaged:
        return None
    wanted = header(MANIFEST_FILE, len(document))
    return next(fixed_differences(stream, MANIFEST_FILE, "its header in the archive", 0, wanted), None)


def _of_seal(found: str, wanted: str) -> Iterator[Difference]:
    if wanted and found != wanted.lower():
        yield Difference(MANIFEST_FILE, f"the bundle's seal is {found}, not the {wanted.lower()} that was kept")


def _of_manifest(document: bytes, stream: BinaryIO, members: Sequence[Member]) -> Iterator[Difference]:
    """Yield how the manifest differs from its seal. A damaged one says nothing of the rest."""
    sealed = [member for member in members if member.name == SEAL_FILE]
    try:
        if sealed:
            entry = read_seal(_content(stream, sealed[0])).manifest
            yield from content_differences(entry, io.BytesIO(document), BLOCK)
        read_manifest(document)
    except Damaged as error:
        yield Difference(SEAL_FILE if sealed else MANIFEST_FILE, f"it cannot be read: {error}")


@dataclass(frozen=True)
class _Part:
    """A member as it must stand in the archive."""

    name: str
    size: int
    at: int

    @property
    def end(self) -> int:
        return self.at + BLOCK + self.size + padding(self.size)


def _parts(manifest: Manifest, document: bytes) -> list[_Part]:
    sizes = [(MANIFEST_FILE, len(document)), *((FILES + item.path, item.size) for item in manifest.files)]
    sizes.append((SEAL_FILE, len(encode(seal_of(document)))))
    parts: list[_Part] = []
    for name, size in sizes:
        parts.append(_Part(name, size, parts[-1].end if parts else 0))
    return parts


def _of_bytes(stream: BinaryIO, size: int, manifest: Manifest, document: bytes) -> Iterator[Difference]:
    """Yield every difference of the archive from what the manifest says it is, in the order of the archive's bytes."""
    parts = _parts(manifest, document)
    entries = {FILES + item.path: item for item in manifest.files}
    if moved := list(_moved(stream, parts)):
        # Whatever follows stands elsewhere: comparing it byte by byte would only repeat that.
        yield from moved
        return
    for part in parts:
        name = part.name.removeprefix(FILES)
        if size < part.end:
            yield _truncated(part, name, size)
            return
        yield from fixed_differences(stream, name, "its header in the archive", part.at, header(part.name, part.size))
        stream.seek(part.at + BLOCK)
        if part.name in entries:
            yield from content_differences(entries[part.name], stream, part.at + BLOCK)
        elif part.name == SEAL_FILE:
            yield from fixed_differences(stream, name, "its content", part.at + BLOCK, encode(seal_of(document)))
        after = part.at + BLOCK + part.size
        yield from fixed_differences(stream, name, "the padding after it", after, bytes(padding(part.size)))
    yield from fixed_differences(stream, "the archive's end", "zeros", parts[-1].end, bytes(END))
    if size > parts[-1].end + END:
        extra = size - parts[-1].end - END
        yield Difference("the archive's end", f"{extra} bytes were added after it", 0, parts[-1].end + END)


def _moved(stream: BinaryIO, parts: Sequence[_Part]) -> Iterator[Difference]:
    """Yield the first place where another member begins than the manifest says, where the headers tell so."""
    found = list(walk(stream))
    names, wanted = [item.name for item in found], [item.name for item in parts]
    for place, (member, part) in enumerate(zip(found, parts, strict=False)):
        if (member.name, member.size) == (part.name, part.size) and member.at == part.at:
            continue
        name = part.name.removeprefix(FILES)
        if member.name == part.name:
            yield Difference(
                name, f"it has {member.size} bytes, and had {part.size}", min(member.size, part.size), member.at
            )
        elif member.name in wanted and part.name in names:
            yield Difference(name, f"the order was changed: {member.name!r} stands in its place", 0, member.at)
        elif member.name in wanted:
            yield Difference(name, f"it was taken out: {member.name!r} stands in its place", 0, member.at)
        elif names[place + 1 : place + 2] == [part.name]:
            yield Difference(member.name.removeprefix(FILES), f"it was put in before {part.name!r}", 0, member.at)
        else:
            return  # a changed name: its header differs at one byte, which is told as such
        return
    if len(found) > len(parts):
        extra = found[len(parts)]
        yield Difference(extra.name.removeprefix(FILES), "it was added at the end", 0, extra.at)


def _truncated(part: _Part, name: str, size: int) -> Difference:
    there = max(0, min(part.size, size - part.at - BLOCK))
    return Difference(name, f"the archive ends after {there} of its {part.size} bytes", there, size)


def _of_events(stream: BinaryIO, members: Sequence[Member], manifest: Manifest) -> Iterator[Difference]:
    """Yield how the events differ from their chain, in words, where the chain itself is whole."""
    by_name = {member.name: member for member in members}
    events, links = by_name.get(FILES + chain.EVENTS_FILE), by_name.get(FILES + chain.CHAIN_FILE)
    if events is None or links is None:
        return
    try:
        written = chain.decode(_content(stream, links))
    except ValueError:
        return
    if (len(written), chain.head(written)) != (manifest.events.events, manifest.events.head):
        return
    found = chain.links(_content(stream, events).splitlines())
    for words in list(chain.differences(written, found))[:MOST_TOLD]:
        yield Difference(chain.EVENTS_FILE, words, 0, None)
