"""The order of a run's events, as a chain: each link is the digest of the one before it and of the event's line.

So the last link stands for every event and for their order. The digests of the single lines are kept beside it: they
say which event was changed, taken away, put in or moved, which the last link alone would not.
"""

import difflib
import hashlib
from collections.abc import Iterator, Sequence

import msgspec

CHAIN_FILE = "chain.jsonl"
EVENTS_FILE = "events.jsonl"
GENESIS = hashlib.sha256(b"faultline events 1").hexdigest()


class Link(msgspec.Struct, frozen=True):
    """One event: its number from 1 on, the SHA-256 of its line and of the chain up to it, both in hex."""

    number: int
    line: str
    chain: str


def links(lines: Sequence[bytes]) -> tuple[Link, ...]:
    """Return the chain of these lines (without their line ends)."""
    before, made = GENESIS, []
    for number, line in enumerate(lines, 1):
        digest = hashlib.sha256(line).hexdigest()
        before = hashlib.sha256(bytes.fromhex(before) + bytes.fromhex(digest)).hexdigest()
        made.append(Link(number, digest, before))
    return tuple(made)


def head(chain: Sequence[Link]) -> str:
    """Return the last link's digest, which stands for all."""
    return chain[-1].chain if chain else GENESIS


def encode(chain: Sequence[Link]) -> bytes:
    """Return the chain's file."""
    return b"".join(msgspec.json.encode(link) + b"\n" for link in chain)


def decode(data: bytes) -> tuple[Link, ...]:
    """Return the chain of its file. Raises `ValueError` where it is none."""
    try:
        return tuple(msgspec.json.decode(line, type=Link) for line in data.splitlines())
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def differences(written: Sequence[Link], found: Sequence[Link]) -> Iterator[str]:
    """Yield in words how the events that were found differ from those that were written down."""
    before, now = [link.line for link in written], [link.line for link in found]
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, new = set(before[a0:a1]), set(now[b0:b1])
        if kind == "insert":
            came = "was moved" if new <= set(before) else "was put in"
            yield (
                f"after event {a0} another one {came}"
                if b1 - b0 == 1
                else f"after event {a0} {b1 - b0} others were put in"
            )
        elif kind == "delete":
            went = "was moved away" if gone <= set(now) else "is missing"
            yield f"{_events(a0, a1)} {went}" if a1 - a0 == 1 else f"{_events(a0, a1)} are missing"
        elif gone == new:
            yield f"{_events(a0, a1)} are in another order"
        else:
            yield f"{_events(a0, a1)} {'is' if a1 - a0 == 1 else 'are'} not what was written down"


def _events(begin: int, end: int) -> str:
    return f"event {begin + 1}" if end - begin == 1 else f"events {begin + 1} to {end}"
