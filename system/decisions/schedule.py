"""What becomes of a delivery after a try: delivered, tried again later, or dead. Pure."""

from dataclasses import dataclass
from typing import Literal, Protocol

from system.decisions.backoff import backoff_s


@dataclass(frozen=True)
class Schedule:
    """The retry schedule of one deployment; all in seconds."""

    base_s: float
    max_s: float
    give_up_s: float


@dataclass(frozen=True)
class Verdict:
    """`state` of the delivery now, and the seconds until the next try (0 unless `pending`)."""

    state: Literal["pending", "delivered", "dead"]
    wait_s: float = 0.0


class AfterTry(Protocol):
    """`after_try`, as it may be replaced."""

    def __call__(
        self, http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float
    ) -> Verdict:
        """Judge a try."""


def after_try(http_status: int | None, *, tries: int, age_s: float, schedule: Schedule, chance: float) -> Verdict:
    """Judge try number `tries` (1 = the first) of a delivery that was created `age_s` seconds ago.

    Any 2xx delivers it. Everything else, redirects included, is tried again until the whole schedule has passed; no
    answer of an endpoint ends it early, because an endpoint that is misconfigured today may be mended tomorrow.
    """
    if http_status is not None and 200 <= http_status < 300:
        return Verdict("delivered")
    wait_s = backoff_s(tries, base_s=schedule.base_s, max_s=schedule.max_s, chance=chance)
    if age_s + wait_s > schedule.give_up_s:
        return Verdict("dead")
    return Verdict("pending", wait_s)
