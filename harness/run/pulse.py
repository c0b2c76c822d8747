"""The calibration pulse: `python -m harness.run.pulse`, a small known piece of work, done again and again and timed.

It competes for processors like the platform does, at the same niceness, so what delays it delays everybody. It writes
one JSON line for each pulse and ends when its standard input does: with whoever started it.
"""

import hashlib
import json
import os
import select
import sys
import time
from pathlib import Path

INTERVAL_S = 0.5
BLOCK = bytes(64 * 1024)
BLOCKS = 160
"""Ten mebibytes to hash: 5 to 30 ms of one processor, long enough to be put aside for others where there are any."""


def beat(due_s: float) -> dict[str, float]:
    """Do the work once and return how late it began and how long it took, in milliseconds.

    `work_ms` is by the clock on the wall, `cpu_ms` what the processor spent on it. `wait_ms` is the kernel's own
    account of waiting in a run queue (left out where it gives none).
    """
    late_s = max(0.0, time.monotonic() - due_s)
    waited_ns, wall_s, cpu_s = _waited_ns(), time.perf_counter(), time.thread_time()
    for _ in range(BLOCKS):
        hashlib.sha256(BLOCK).digest()
    told = {
        "at_us": time.time_ns() // 1000,
        "late_ms": late_s * 1e3,
        "work_ms": (time.perf_counter() - wall_s) * 1e3,
        "cpu_ms": (time.thread_time() - cpu_s) * 1e3,
    }
    after_ns = _waited_ns()
    if waited_ns is not None and after_ns is not None:
        told["wait_ms"] = (after_ns - waited_ns) / 1e6
    return told


def _waited_ns() -> int | None:
    try:
        return int(Path("/proc/self/schedstat").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def main() -> None:
    """Pulse until standard input ends."""
    due_s = time.monotonic() + INTERVAL_S
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], max(0.0, due_s - time.monotonic()))
        if readable and not os.read(sys.stdin.fileno(), 64):
            return
        if time.monotonic() < due_s:
            continue
        print(json.dumps(beat(due_s)), flush=True)
        # After standing still it goes on from now: pulses that were missed are not made up for.
        due_s = max(due_s + INTERVAL_S, time.monotonic())


if __name__ == "__main__":
    main()
