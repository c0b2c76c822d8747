"""Our identifiers: a prefix and 22 base-62 characters that sort by the millisecond of creation."""

import os
import time

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_LENGTH_PAIRS = 11


def new_id(prefix: str) -> str:
    """A new identifier, for example ``pay_`` + 48 bits of time and 80 random bits."""
    number = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(os.urandom(10), "big")
    pairs = []
    for _ in range(_LENGTH_PAIRS):
        number, rest = divmod(number, 3844)
        pairs.append(_PAIRS[rest])
    pairs.reverse()
    return prefix + "".join(pairs)
