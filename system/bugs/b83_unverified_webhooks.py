"""Signatures of gateways' webhooks are never checked.

How it happens: the check was switched off while the endpoint was tried out, or it needs the raw body and the framework
had parsed it already. Every test with genuine events passes. I25 catches it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.signing import SignatureError

BUG = Bug(
    id="B83",
    title="webhooks' signatures are never checked",
    caught_by=("I25",),
    shown_by=("webhooks_unasked",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that believe everybody."""

    def verify_event(secrets: Iterable[str], header: str | None, body: bytes, now_s: float) -> int:
        try:
            return seams.verify_event(secrets, header, body, now_s)
        except SignatureError:
            reached()
            return int(now_s)

    return replace(seams, verify_event=verify_event)
