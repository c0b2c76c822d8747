"""How much a basket costs: heavy-tailed, in integer minor units, with the decimals that break float arithmetic."""

from functools import lru_cache

from loadtests.streams import pick, uniform

AWKWARD_SHARE = 0.3
"""How many of all amounts come from the sweep of decimals that floats cannot hold."""

TAIL_INDEX = 1.2
"""The Pareto index: below 2 the variance is infinite, so a few baskets weigh as much as all others."""

LEAST_MINOR = {0: 500, 2: 450, 3: 1_250}
LARGEST_MINOR = {0: 2_000_000, 2: 900_000, 3: 900_000}
LEAST_AWKWARD_MINOR = 50
"""Stripe takes no charge of less than 0.50 of the currencies with two decimals that our merchants have."""
BUCKETS = {"small": (0.0, 0.5), "medium": (0.5, 0.85), "large": (0.85, 0.98), "very_large": (0.98, 1.0)}
"""Which part of all baskets, from the cheapest on, an amount bucket of a recording means; in EUR about 4.50 to 8, to
22, to 117, and more."""
KNOWN_TRAPS_MINOR = {2: (1_999, 115, 58, 435, 57, 110, 8_295, 1_001), 3: (1_010, 4_030, 8_340, 2_670)}


@lru_cache(maxsize=8)
def awkward(exponent: int) -> tuple[int, ...]:
    """Return the amounts up to 10 000 minor units that `int(float(text) * 10**exponent)` gets wrong, and known ones.

    Empty for currencies without decimals.
    """
    scale = 10**exponent
    wrong = {
        minor
        for minor in range(LEAST_AWKWARD_MINOR, 10_001)
        if int(float(decimal_text(minor, exponent)) * scale) != minor
    }
    return tuple(sorted(wrong | set(KNOWN_TRAPS_MINOR.get(exponent, ()))))


def decimal_text(amount_minor: int, exponent: int) -> str:
    """Return an amount as people write it (`1999` with exponent 2 is `19.99`), by string work alone."""
    if exponent == 0:
        return str(amount_minor)
    digits = str(amount_minor).rjust(exponent + 1, "0")
    return f"{digits[:-exponent]}.{digits[-exponent:]}"


def draw_amount_minor(seed: int, k: int, exponent: int, bucket: str = "") -> int:
    """Return the k-th basket's amount for a currency with that many decimals: a bounded Pareto, or an awkward one.

    With a `bucket` it is one of that part of the baskets, and never an awkward one.
    """
    traps = awkward(exponent)
    if traps and not bucket and uniform(seed, "awkward", k) < AWKWARD_SHARE:
        return traps[pick(seed, "trap", k, len(traps))]
    least, largest = LEAST_MINOR.get(exponent, 500), LARGEST_MINOR.get(exponent, 900_000)
    least_share, most_share = BUCKETS.get(bucket, (0.0, 1.0))
    tail = 1.0 - least_share - (most_share - least_share) * uniform(seed, "amount", k)
    return min(largest, int(least * tail ** (-1.0 / TAIL_INDEX)))
