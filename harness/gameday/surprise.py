"""Surprise rounds: a sealed plan of faults that only the facilitator sees; everybody else sees what they do.

The plan is a TOML file with one `[[rounds]]` for each round: `fault`, and where wanted `on`, `for` and a table `with`.
Its SHA-256 is in the book from the beginning on, so that anybody can tell that it was not changed on the way.
"""

import hashlib
import threading
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from harness.core.errors import UsageError
from harness.gameday.book import Entry, EntryKind
from harness.injecting.asking import Asked, made, parse_for
from harness.injecting.channel import Request

ROUNDS_MAX = 50
TOLD_BY_THE_FAULT = frozenset(
    {EntryKind.HYPOTHESIS, EntryKind.INJECTED, EntryKind.RENEWED, EntryKind.HEALED, EntryKind.OBSERVATION}
)
"""Entries that would tell participants what is broken."""
OF_EVERYBODY = frozenset({"join", "note", "clock", "stop", "release", "roles", "page"})
"""What participants of a surprise may press."""


class Seat(StrEnum):
    """Who looks at a page."""

    PLAYER = "player"
    FACILITATOR = "facilitator"


class Round(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One round: a fault, where, with which parameters (as written), for how long."""

    fault: str
    on: str = ""
    for_: str = msgspec.field(default="2m", name="for")
    with_: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict, name="with")

    @property
    def asked(self) -> Asked:
        """The fault as somebody would ask for it."""
        return Asked(self.fault, self.on, {name: _written(value) for name, value in self.with_.items()})

    @property
    def words(self) -> str:
        """The round in a few words."""
        return f"{self.fault}{f' on {self.on}' if self.on else ''} for {self.for_}"


class _Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rounds: tuple[Round, ...]


class Surprise:
    """The rounds of a day and how many were played. Threads may share it."""

    def __init__(self, rounds: Sequence[Round], seal: str) -> None:
        self._rounds = tuple(rounds)
        self.seal = seal
        """The SHA-256 of the plan's file."""
        self._played = 0
        self._lock = threading.Lock()

    @property
    def left(self) -> Sequence[Round]:
        """The rounds that have not been played."""
        return self._rounds[self._played :]

    def next_request(self, by: str) -> Request:
        """Return the next round as a request to inject it. Raises `UsageError` where all have been played."""
        with self._lock:
            if not self.left:
                raise UsageError("every round of the plan has been played", hint="end the day")
            found = self.left[0]
            return Request("inject", by, found.fault, found.on, found.asked.parameters, parse_for(found.for_))

    def played(self) -> None:
        """Note that the next round was begun."""
        with self._lock:
            self._played += 1


def read_plan(path: Path) -> Surprise:
    """Return a plan, every round of it checked. Raises `UsageError` naming what is wrong."""
    try:
        content = path.read_bytes()
        plan = msgspec.toml.decode(content, type=_Plan)
    except OSError as error:
        raise UsageError(f"--surprise: {path} cannot be read: {error.strerror}", hint="give a TOML file") from error
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"--surprise: {path}: {error}", hint='[[rounds]] with fault = "gateway_down", on, for and a table with'
        ) from error
    if not 1 <= len(plan.rounds) <= ROUNDS_MAX:
        raise UsageError(f"--surprise: {path} has {len(plan.rounds)} rounds", hint=f"1 to {ROUNDS_MAX}")
    for item in plan.rounds:
        made(item.asked)
        parse_for(item.for_, field=f"--surprise: {item.fault}: for")
    return Surprise(plan.rounds, hashlib.sha256(content).hexdigest())


def shown_to_players(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the entries that do not tell what is broken."""
    return [item for item in entries if item.kind not in TOLD_BY_THE_FAULT]


def _written(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
