"""Who has joined a run: which share of the plan each worker has, when it was last heard of, and how it ended."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.joining.messages import Ended, JoinRequest
from harness.workspace import write_atomic


@dataclass
class Share:
    """One worker process on another host. `party` is the first share that its host was given when it joined."""

    number: int
    party: int
    host: str
    clock_error_us: int
    heard_at_s: float
    ended: Ended | None = None
    given_up: bool = False

    @property
    def how(self) -> str:
        """How it ended, in words that follow its name."""
        if self.ended is None:
            return "was lost: its host fell silent" if self.given_up else "was at work when the run itself died"
        status = self.ended.status
        return f"was killed by {_signal_name(-status)}" if status < 0 else f"ended with code {status}"

    @property
    def account(self) -> dict[str, object]:
        """What the evidence says of it (docs/evidence.md: `raw/worker-<worker>.json`)."""
        return {
            "worker": self.number,
            "host": self.host,
            "ended": self.how,
            "handed_over": self.ended is not None,
            "clock_error_us": self.clock_error_us,
            "clock_drift_us": self.ended.clock_drift_us if self.ended else None,
        }


@dataclass
class Roster:
    """The shares of a plan and who has them. Used from one thread at a time."""

    wanted: int
    now_s: Callable[[], float] = time.monotonic
    shares: dict[int, Share] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """How many workers are still wanted."""
        return self.wanted - len(self.shares)

    def join(self, request: JoinRequest) -> list[int]:
        """Give the next shares to a host and return their numbers; none where it offers more than is wanted."""
        if not 1 <= request.workers <= self.free:
            return []
        first = len(self.shares)
        given = list(range(first, first + request.workers))
        for number in given:
            self.shares[number] = Share(number, first, request.host, request.clock_error_us, self.now_s())
        return given

    def heard(self, number: int) -> None:
        """Note that a worker's host is alive, and so all that joined with it: on a slow way they wait for each other.

        Raises `KeyError` for a number that nobody has.
        """
        party, now_s = self.shares[number].party, self.now_s()
        for share in self.shares.values():
            if share.party == party:
                share.heard_at_s = now_s

    def end(self, ended: Ended) -> None:
        """Note that a worker has ended and handed everything over. Raises `KeyError` for a number that nobody has."""
        self.heard(ended.share)
        self.shares[ended.share].ended = ended

    def outstanding(self, silent_s: float) -> list[Share]:
        """Return who has not ended and was heard of within the last `silent_s` seconds."""
        since_s = self.now_s() - silent_s
        return [share for share in self.shares.values() if share.ended is None and share.heard_at_s >= since_s]

    def give_up(self) -> None:
        """Wait no longer for those that have not ended."""
        for share in self.shares.values():
            share.given_up = share.ended is None

    def write(self, raw: Path) -> None:
        """Write `worker-<number>.json` for each: where it was, how it ended, and how well its clock is known.

        Before a worker has ended this is what there is to know of it should the run die.
        """
        for share in self.shares.values():
            write_atomic(raw / f"worker-{share.number}.json", json.dumps(share.account))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
