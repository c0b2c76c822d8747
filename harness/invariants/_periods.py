"""When a subscription's periods begin, computed by the rule that docs/subscriptions.md publishes and by nothing else.

The judge shares no code with the system for this: it looks for the moments at which the clocks of the zone show the
wanted time, and takes the first.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_A_DAY = timedelta(days=1)


@lru_cache(maxsize=100_000)
def begins_us(anchor_us: int, zone: str, unit: str, unit_count: int, period: int) -> int:
    """Return when a period begins, in microseconds since the epoch. `KeyError` for a unit that nobody publishes."""
    if period == 0:
        return anchor_us
    clocks = ZoneInfo(zone)
    shown = (_EPOCH + timedelta(microseconds=anchor_us)).astimezone(clocks).replace(tzinfo=None, fold=0)
    steps = period * unit_count
    wanted = shown + steps * _DAYS[unit] * _A_DAY if unit in _DAYS else _by_months(shown, steps * _MONTHS[unit])
    return (_first_shown(wanted, clocks) - _EPOCH) // timedelta(microseconds=1)


def trial_ends_us(start_us: int, zone: str, days: int) -> int:
    """Return when a trial of so many days ends, which is where the first period begins."""
    return begins_us(start_us, zone, "day", days, 1) if days else start_us


def _by_months(shown: datetime, months: int) -> datetime:
    number = shown.year * 12 + (shown.month - 1) + months
    year, month = number // 12, number % 12 + 1
    return shown.replace(year=year, month=month, day=min(shown.day, monthrange(year, month)[1]))


def _first_shown(wanted: datetime, clocks: ZoneInfo) -> datetime:
    """Return the first moment at which the clocks show this; where they never do, as much later as they jumped."""
    before, after = (_offset(wanted + shift, clocks) for shift in (-_A_DAY, _A_DAY))
    moments = sorted(wanted.replace(tzinfo=UTC) - offset for offset in (before, after))
    seen = [moment for moment in moments if moment.astimezone(clocks).replace(tzinfo=None, fold=0) == wanted]
    return seen[0] if seen else wanted.replace(tzinfo=UTC) - before


def _offset(shown: datetime, clocks: ZoneInfo) -> timedelta:
    return shown.replace(tzinfo=UTC).astimezone(clocks).utcoffset() or timedelta()
