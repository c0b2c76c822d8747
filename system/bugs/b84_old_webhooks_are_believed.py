"""The time of a webhook's signature is not looked at: a recording is as good as the event.

How it happens: the digest is compared and the timestamp only feeds it; nobody asks how old it may be. I25 catches it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.signing import SignatureError

BUG = Bug(
    id="B84",
    title="webhooks signed long ago or ahead are believed",
    caught_by=("I25",),
    shown_by=("webhooks_unasked",),
)

TIMES = frozenset({"signature_too_old", "signature_in_future"})


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams for which no signature is too old."""

    def verify_event(secrets: Iterable[str], header: str | None, body: bytes, now_s: float) -> int:
        try:
            return seams.verify_event(secrets, header, body, now_s)
        except SignatureError as error:
            if error.code not in TIMES:
                raise
            reached()
            return int(now_s)

    return replace(seams, verify_event=verify_event)
