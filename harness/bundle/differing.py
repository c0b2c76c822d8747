"""How bytes of a bundle differ from what was written down of them, and where."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from harness.bundle.blocks import Block, Change, compare, cut
from harness.bundle.manifest import Entry

MOST_TOLD = 20
"""How many differences of a file are told; one that was rewritten differs in every block."""


@dataclass(frozen=True)
class Difference:
    """One way in which a bundle is not what was packed.

    `file` is the member's path in the run's folder (or the bundle's own part), `offset` the byte in it where the
    difference begins, `at` the same byte of the archive (None where it is not at one place).
    """

    file: str
    what: str
    offset: int = 0
    at: int | None = None


def content_differences(entry: Entry, stream: BinaryIO, at: int) -> Iterator[Difference]:
    """Yield where a file's content differs, block by block; neighbouring blocks are told together."""
    place, told, whole = 0, 0, hashlib.sha256()
    span: Change | None = None
    for data, text in zip(cut(stream, entry.size), entry.blocks, strict=False):
        whole.update(data)
        change = compare(data, Block.read(text), place)
        place += len(data)
        if change and span and not span.exact and not change.exact and change.first == span.last + 1:
            span = Change(span.first, change.last)
            continue
        if span:
            told += 1
            yield Difference(entry.path, span.words, span.first, at + span.first)
        span = change
        if told >= MOST_TOLD:
            yield Difference(entry.path, "and it differs in more places", place, at + place)
            return
    if span:
        told += 1
        yield Difference(entry.path, span.words, span.first, at + span.first)
    if place < entry.size:
        yield Difference(entry.path, f"{place} of its {entry.size} bytes are there", place, at + place)
    elif not told and whole.hexdigest() != entry.sha256:
        yield Difference(entry.path, "its SHA-256 is not what was written down", 0, at)


def fixed_differences(stream: BinaryIO, name: str, what: str, at: int, wanted: bytes) -> Iterator[Difference]:
    """Yield the first byte where the archive has not these bytes, which hang on the manifest alone."""
    stream.seek(at)
    found = stream.read(len(wanted))
    if found == wanted:
        return
    place = next((n for n, (one, other) in enumerate(zip(found, wanted, strict=False)) if one != other), len(found))
    if place == len(found):
        yield Difference(name, f"{what} is cut off", place, at + place)
        return
    yield Difference(
        name, f"{what}: byte {place} was 0x{wanted[place]:02x} and is 0x{found[place]:02x}", place, at + place
    )
