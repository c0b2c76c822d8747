"""What is in a bundle: every file with its size and digests, the chain of events, and whose run it is."""

import hashlib
import io
from typing import BinaryIO

import msgspec

from harness.bundle.blocks import Block, cut

VERSION = 1
MANIFEST_FILE = "manifest.json"
SEAL_FILE = "seal.json"
FILES = "files/"
"""Where the run's own files are in the archive."""


class Entry(msgspec.Struct, frozen=True):
    """One file: its path in the folder, its size in bytes, its SHA-256, and what `Block.text` says of its blocks."""

    path: str
    size: int
    sha256: str
    blocks: list[str]


class Chain(msgspec.Struct, frozen=True):
    """How many events there were, and the last link of their chain."""

    events: int
    head: str


class Manifest(msgspec.Struct, frozen=True):
    """The whole bundle but itself. `files` are in the order in which they stand in the archive."""

    version: int
    run_id: str
    packed_by: str
    block_bytes: int
    events: Chain
    files: list[Entry]


class Seal(msgspec.Struct, frozen=True):
    """The digests of the manifest's own bytes. `manifest.sha256` is the bundle's seal."""

    manifest: Entry


class Damaged(Exception):
    """A manifest or a seal that cannot be read."""


def describe(path: str, stream: BinaryIO, size: int) -> Entry:
    """Return the entry of a file that `stream` stands at the beginning of."""
    whole, blocks, seen = hashlib.sha256(), [], 0
    for data in cut(stream, size):
        whole.update(data)
        blocks.append(Block.of(data).text)
        seen += len(data)
    return Entry(path, seen, whole.hexdigest(), blocks)


def encode(document: Manifest | Seal) -> bytes:
    """Return the document's file, the same bytes for the same document."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def read_manifest(data: bytes) -> Manifest:
    """Return the manifest. Raises `Damaged`."""
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(str(error)) from error
    if found.version != VERSION:
        raise Damaged(f"it has version {found.version}; this program reads {VERSION}")
    return found


def read_seal(data: bytes) -> Seal:
    """Return the seal. Raises `Damaged`."""
    try:
        return msgspec.json.decode(data, type=Seal)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(str(error)) from error


def seal_of(manifest: bytes) -> Seal:
    """Return the seal of a manifest's bytes."""
    return Seal(describe(MANIFEST_FILE, io.BytesIO(manifest), len(manifest)))
