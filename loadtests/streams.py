"""Chance as a parameter: numbers that depend on (seed, stream, k) and on nothing else.

No state and no order: the k-th number of a stream is the same whoever asks, however often, in whichever process.
"""

import hashlib
from functools import lru_cache

_SPAN = float(1 << 53)


@lru_cache(maxsize=1024)
def _key(seed: int, stream: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=32).digest()


def uniform(seed: int, stream: str, k: int) -> float:
    """Return the k-th number of a named stream, uniform in [0, 1)."""
    digest = hashlib.blake2b(k.to_bytes(8, "little"), key=_key(seed, stream), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) / _SPAN


def pick(seed: int, stream: str, k: int, count: int) -> int:
    """Return the k-th choice of a named stream among `count` things: an integer in [0, count)."""
    return int(uniform(seed, stream, k) * count)
