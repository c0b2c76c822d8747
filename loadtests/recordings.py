"""Arrivals that come with Faultline: made, not recorded, from what is known of such hours. The seed is part of them.

Each is a Poisson process whose rate changes with the clock (the profile of the day) and by chance from second to second
(a log-normal wave that forgets in some seconds): people come in crowds, and more in some moments than a profile knows.

    python -m loadtests.recordings black_friday_hour > black-friday.csv

writes one as a file, to be looked at or changed.
"""

import csv
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence

Row = tuple[float, str, str]
"""Seconds from the beginning, kind, amount bucket."""

Profile = Callable[[float], float]
"""Arrivals per second at a moment, in seconds from the beginning."""


ASKED_TWICE = {
    "same_key_race": 3.0,
    "key_reuse": 4.0,
    "cross_tenant_key": 3.0,
    "replay_after_refund": 4.0,
    "malformed": 3.0,
}
"""Hasty clients, as weights beside those of the mixes: who presses twice, asks again or asks wrongly. Without them
nothing would show that a key pays once."""


def black_friday_hour() -> list[Row]:
    """Return the first hour of a sale: a rush when the doors open at minute 5, and one for each of three offers."""

    def rate(at_s: float) -> float:
        doors = 14 * _decay(at_s, 300, 240)
        offers = sum(8 * _decay(at_s, minute * 60, 90) for minute in (20, 35, 50))
        return 2.0 + (1.5 if at_s > 300 else 0) + doors + offers

    mix: dict[str, float] = {
        "sale": 70,
        "authorize_capture": 8,
        "decline": 5,
        "insufficient_funds": 4,
        "read_back": 8,
        "refund": 3,
        "list": 2,
    }
    mix |= ASKED_TWICE
    sizes = {"small": 30, "medium": 40, "large": 24, "very_large": 6}
    return _draw(1, 3600, rate, mix, sizes, wave=0.45, memory_s=8)


def pay_day_morning() -> list[Row]:
    """Return 05:30 to 08:30 of a pay day: batches of subscriptions at half hours, and people when money is there."""

    def rate(at_s: float) -> float:
        batches = sum(9 * _decay(at_s, quarter * 900, 35) for quarter in range(2, 12, 2))
        people = 2.2 / (1 + math.exp(-(at_s - 3600) / 900))
        return 0.4 + batches + people

    mix: dict[str, float] = {
        "sale": 62,
        "authorize_capture": 6,
        "insufficient_funds": 9,
        "decline": 4,
        "read_back": 9,
        "refund": 6,
        "list": 4,
    }
    mix |= ASKED_TWICE
    sizes = {"small": 58, "medium": 30, "large": 10, "very_large": 2}
    return _draw(2, 3 * 3600, rate, mix, sizes, wave=0.3, memory_s=20)


RECORDINGS: Mapping[str, Callable[[], list[Row]]] = {
    "black_friday_hour": black_friday_hour,
    "pay_day_morning": pay_day_morning,
}


def _decay(at_s: float, begin_s: float, lasting_s: float) -> float:
    """Return 1 at the begin of a rush, less and less afterwards, 0 before."""
    return math.exp(-(at_s - begin_s) / lasting_s) if at_s >= begin_s else 0.0


def _draw(
    seed: int, length_s: int, rate: Profile, mix: Mapping[str, float], sizes: Mapping[str, float], *,
    wave: float, memory_s: float,
) -> list[Row]:  # fmt: skip
    """Return arrivals second by second; `wave` is the spread of the wave's logarithm."""
    chance = random.Random(seed)
    keeps, level, rows = math.exp(-1 / memory_s), 0.0, []
    for second in range(length_s):
        level = keeps * level + math.sqrt(1 - keeps**2) * chance.gauss(0, 1)
        expected = rate(second) * math.exp(wave * level - wave**2 / 2)
        moments = sorted(second + chance.random() for _ in range(_poisson(chance, expected)))
        for moment in moments:
            kind = chance.choices([*mix], [*mix.values()])[0]
            rows.append((round(moment, 6), kind, chance.choices([*sizes], [*sizes.values()])[0]))
    return rows


def _poisson(chance: random.Random, expected: float) -> int:
    """Return a Poisson number, by multiplying (D. Knuth): the expectation is small here."""
    limit, product, count = math.exp(-expected), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def main(arguments: Sequence[str]) -> int:
    """Write a recording to standard output as CSV."""
    if len(arguments) != 1 or arguments[0] not in RECORDINGS:
        sys.stderr.write(f"error: give one name\nhint: valid: {', '.join(RECORDINGS)}\n")
        return 64
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("time", "kind", "amount_bucket"))
    out.writerows(RECORDINGS[arguments[0]]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
