"""Named points at which a process can be made to die, so that recovery is tried at every edge and not at random ones.

All of them are declared here and nowhere else; `reach` marks the place in the code. Nothing happens at an unarmed one.
An armed one writes down that it was reached, durably, and then kills its own process with SIGKILL: no clean-up, no
answer. Arming is forgotten with the process, so a restarted one is sound.

`python -m system.crashpoints` prints the list; `GET /v1/crash-points` serves it.
"""

import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Never


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """One point. `roles`: whose process passes it (`api`, `worker`); `meaning`: what is true when it dies there."""

    name: str
    roles: tuple[str, ...]
    meaning: str


API, WORKER, BOTH = ("api",), ("worker",), ("api", "worker")

# The attempt's own way: claim, stamp, call, record, answer.
BEFORE_CLAIM = CrashPoint("before_claim", API, "the request was read, and nothing was written")
CLAIMED = CrashPoint("claimed", API, "key, operation and attempt are committed; nothing was sent")
DISPATCHED = CrashPoint("dispatched", API, "the dispatch stamp is committed; nothing was sent")
GATEWAY_ANSWERED = CrashPoint("gateway_answered", API, "the gateway did it and said so; nothing of that is written")
BEFORE_RECORD = CrashPoint("before_record", API, "the answer is decided; its transaction has not begun")
RECORDED = CrashPoint("recorded", API, "the outcome is committed; the client has no answer")
RESEND_COUNTED = CrashPoint("resend_counted", API, "one more send is counted; it was not sent")
FELL_BACK = CrashPoint("fell_back", API, "the next attempt is committed; nothing was sent to the other gateway")

# What gateways tell.
INBOUND_VERIFIED = CrashPoint("inbound_verified", API, "a gateway's webhook was verified; nothing is written")
INBOUND_STORED = CrashPoint("inbound_stored", API, "a gateway's webhook is committed; it has not acted")
INBOUND_ACTED = CrashPoint("inbound_acted", API, "a gateway's webhook has acted; it is not marked as done")

# The resolver's steps.
UNKNOWN_CLAIMED = CrashPoint("unknown_claimed", WORKER, "undecided attempts are leased to the resolver")
OWNER_GONE = CrashPoint("owner_gone", WORKER, "an attempt whose owner died is committed as unknown")
RESOLVER_RESEND_COUNTED = CrashPoint("resolver_resend_counted", WORKER, "one more send is counted; it was not sent")
RESOLVER_RESENT = CrashPoint("resolver_resent", WORKER, "the gateway answered the re-send; nothing of that is written")
RESOLVER_LOOKED_UP = CrashPoint("resolver_looked_up", WORKER, "the gateway was searched; nothing of that is written")
EVIDENCE_RECORDED = CrashPoint("evidence_recorded", BOTH, "an unknown's outcome is committed; nothing followed yet")
FOLLOWED = CrashPoint("followed", BOTH, "a resolved no is closed and its next attempt committed; nothing was sent")
FIRST_SENT = CrashPoint("first_sent", BOTH, "the gateway answered an attempt that recovery began; nothing is written")
CAUGHT_UP = CrashPoint("caught_up", WORKER, "a stored webhook has acted late; it is not marked as done")

# What merchants are told.
OUTBOX_WRITTEN = CrashPoint("outbox_written", WORKER, "deliveries are written in a transaction that is not committed")
OUTBOX_PUBLISHED = CrashPoint("outbox_published", WORKER, "events are committed as published; none was sent")
DELIVERY_CLAIMED = CrashPoint("delivery_claimed", WORKER, "due deliveries are leased to the sender; none was sent")
DELIVERY_SENT = CrashPoint("delivery_sent", WORKER, "the merchant has the event; the try is not written down")
DELIVERY_MARKED = CrashPoint("delivery_marked", WORKER, "the tries are written down; the next have not begun")

POINTS: tuple[CrashPoint, ...] = tuple(value for value in list(globals().values()) if isinstance(value, CrashPoint))


@dataclass(slots=True)
class _Armed:
    point: CrashPoint | None = None
    file: Path | None = None


_armed = _Armed()


def reach(point: CrashPoint) -> None:
    """Mark this place in the code. An unarmed point costs one comparison."""
    if point is _armed.point:
        _die(point)


def arm(name: str, role: str, file: Path) -> None:
    """Let the process die the next time that it reaches this point, after appending a line to `file`.

    Raises ValueError naming the points that this role has.
    """
    mine = {point.name: point for point in POINTS if role in point.roles}
    if name not in mine:
        raise ValueError(f"no such crash point in role {role}; valid: {', '.join(mine)}")
    _armed.point, _armed.file = mine[name], file


def disarm() -> None:
    """Let nothing happen at any point."""
    _armed.point = None


def armed() -> str:
    """The armed point's name, empty for none."""
    return _armed.point.name if _armed.point else ""


def published() -> list[dict[str, object]]:
    """Every point as plain data."""
    return [asdict(point) for point in POINTS]


def _die(point: CrashPoint) -> Never:
    """Write down where and when, make sure that it is on disk, and end without any clean-up."""
    assert _armed.file is not None
    line = json.dumps({"point": point.name, "pid": os.getpid(), "at_us": time.time_ns() // 1000}) + "\n"
    descriptor = os.open(_armed.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line.encode())
    os.fsync(descriptor)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL cannot be survived")


if __name__ == "__main__":
    json.dump(published(), sys.stdout, indent=1)
    print()
