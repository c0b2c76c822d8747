"""Where in a file a change is: a digest and two sums of every block of 4096 bytes.

The digest says which block differs. The sums say which byte of it, where just one does: of a block `b` they are
`sum(b[i])` and `sum(i * b[i])`, so one byte at `i` that is `d` greater makes the first `d` and the second `i * d`
greater. That is a guess, and the digest proves it: with the byte put back the block must have the digest that was
written down.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

BLOCK_BYTES = 4096
_DIGEST_BYTES = 16
_PLACES = np.arange(BLOCK_BYTES, dtype=np.int64)


@dataclass(frozen=True)
class Block:
    """What is written down of one block: half of its SHA-256 in hex, and its two sums."""

    digest: str
    total: int
    weighted: int

    @classmethod
    def of(cls, data: bytes) -> "Block":
        """Return what is to be written down of at most `BLOCK_BYTES` bytes."""
        values = np.frombuffer(data, dtype=np.uint8).astype(np.int64)
        return cls(_digest(data), int(values.sum()), int(values @ _PLACES[: len(values)]))

    @classmethod
    def read(cls, text: str) -> "Block":
        """Return the block that `text` says. Raises `ValueError` where it says none."""
        digest, total, weighted = text.split(":")
        return cls(digest, int(total), int(weighted))

    @property
    def text(self) -> str:
        """The block as the manifest has it."""
        return f"{self.digest}:{self.total}:{self.weighted}"


@dataclass(frozen=True)
class Change:
    """Where data differ: bytes `first` to `last` of a file, both among them. `was` and `now` are known of one byte."""

    first: int
    last: int
    was: int | None = None
    now: int | None = None

    @property
    def exact(self) -> bool:
        """Whether it is proven to be this one byte."""
        return self.was is not None

    @property
    def words(self) -> str:
        """Where, and what is known of it, in words."""
        if self.was is None or self.now is None:
            return f"somewhere in bytes {self.first} to {self.last}"
        return f"byte {self.first} was 0x{self.was:02x} and is 0x{self.now:02x}"


def cut(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield `size` bytes of a stream block by block, fewer where it ends before."""
    left = size
    while left and (data := stream.read(min(BLOCK_BYTES, left))):
        left -= len(data)
        yield data


def compare(data: bytes, wanted: Block, at: int) -> Change | None:
    """Return how a block that begins at byte `at` of its file differs from what was written down; None: not at all."""
    if _digest(data) == wanted.digest:
        return None
    found = Block.of(data)
    more = found.total - wanted.total
    if more:
        place, rest = divmod(found.weighted - wanted.weighted, more)
        if not rest and 0 <= place < len(data) and 0 <= data[place] - more <= 255:
            was = data[place] - more
            if _digest(data[:place] + bytes([was]) + data[place + 1 :]) == wanted.digest:
                return Change(at + place, at + place, was, data[place])
    return Change(at, at + max(0, len(data) - 1))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[: 2 * _DIGEST_BYTES]
