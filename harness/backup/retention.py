"""Which backups stay: the latest of each of the last days, weeks and months. Pure, so that its clock can be moved.

A backup that others build upon stays as long as they do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.core.errors import UsageError


@dataclass(frozen=True)
class Kept:
    """A backup as retention sees it: `parent` is the one that an incremental backup builds upon, '' for a full one."""

    id: str
    made_at: datetime
    parent: str = ""


@dataclass(frozen=True)
class Retention:
    """How many of the last days, ISO weeks and months keep their latest backup."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12

    def __post_init__(self) -> None:
        for name in ("daily", "weekly", "monthly"):
            if getattr(self, name) < 0:
                raise UsageError(f"retention: {name} is {getattr(self, name)}", hint="give 0 or more")
        if not self.daily + self.weekly + self.monthly:
            raise UsageError("retention keeps nothing at all", hint="give daily, weekly or monthly a number above 0")


def kept(backups: Sequence[Kept], rule: Retention, now: datetime) -> frozenset[str]:
    """Return the ids of the backups that stay at `now`; the latest one always does.

    Days without a backup use nothing up: the last `daily` days that have one count. A backup of the future (a clock
    went back) stays, since nobody knows how old it is.
    """
    past = sorted((item for item in backups if item.made_at <= now), key=lambda item: item.made_at, reverse=True)
    chosen = {item.id for item in backups if item.made_at > now} | {item.id for item in past[:1]}
    periods: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (rule.daily, lambda at: at.date()),
        (rule.weekly, lambda at: at.isocalendar()[:2]),
        (rule.monthly, lambda at: (at.year, at.month)),
    )
    for count, period in periods:
        latest: dict[object, str] = {}
        for item in past:
            latest.setdefault(period(item.made_at), item.id)
        chosen |= set(list(latest.values())[:count])
    return frozenset(_with_parents(backups, chosen))


def _with_parents(backups: Sequence[Kept], chosen: set[str]) -> set[str]:
    parents = {item.id: item.parent for item in backups}
    needed: set[str] = set()
    for one in chosen:
        while one and one not in needed:
            needed.add(one)
            one = parents.get(one, "")
    return needed
