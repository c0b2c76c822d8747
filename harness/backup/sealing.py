"""A file, encrypted so that whoever changes, cuts, reorders or swaps it is noticed: AES-256-GCM, piece by piece.

The nonce of each piece is seven random bytes of the file, the piece's number, and whether it is the last one; the
file's name in its store is authenticated with every piece. So a piece of another place, or of another file, does not
open, and neither does a file whose end is missing.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness.core.errors import HarnessError

KEY_BYTES = 32
PIECE_BYTES = 2**20
_MAGIC = b"FLSEAL1\0"
_PREFIX_BYTES, _TAG_BYTES = 7, 16


class BrokenSeal(HarnessError):
    """A sealed file is not what was stored under its name, or the key is another one."""


def seal(source: BinaryIO, target: BinaryIO, *, key: bytes, name: str) -> None:
    """Encrypt everything that `source` yields into `target`, under the name that the store knows it by."""
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX_BYTES)
    target.write(_MAGIC + prefix)
    number, piece = 0, source.read(PIECE_BYTES)
    while True:
        following = source.read(PIECE_BYTES)
        target.write(cipher.encrypt(_nonce(prefix, number, not following), piece, name.encode()))
        if not following:
            return
        number, piece = number + 1, following


def opened(source: BinaryIO, *, key: bytes, name: str) -> Iterator[bytes]:
    """Yield the pieces of a sealed file. Raises `BrokenSeal` at the first that is not what was stored."""
    head = source.read(len(_MAGIC) + _PREFIX_BYTES)
    if len(head) != len(_MAGIC) + _PREFIX_BYTES or not head.startswith(_MAGIC):
        raise BrokenSeal(f"{name} is no sealed file", hint="another backup may be whole")
    cipher, prefix = AESGCM(key), head[len(_MAGIC) :]
    number, piece = 0, source.read(PIECE_BYTES + _TAG_BYTES)
    while True:
        following = source.read(PIECE_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(prefix, number, not following), piece, name.encode())
        except InvalidTag as error:
            at = len(head) + number * (PIECE_BYTES + _TAG_BYTES)
            told = f"{name} was changed, cut or swapped: its piece {number} (from byte {at} on) does not open"
            raise BrokenSeal(
                told, hint="another backup may be whole; or the key is not the one it was made with"
            ) from error
        if not following:
            return
        number, piece = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])
