"""The one place where simulators read the time and make ids."""

import random
import time

_random = random.Random()


def now_us() -> int:
    """Microseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1000


def new_id(prefix: str) -> str:
    """Return a fresh id such as ``pi_5f0c...`` (96 random bits)."""
    return f"{prefix}_{_random.getrandbits(96):024x}"
