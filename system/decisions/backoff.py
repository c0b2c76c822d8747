"""How long to wait before the next try: exponential with full jitter, bounded, and a pure function of its arguments."""

EXPONENT_MAX = 30
"""Doubling stops here, so that a long history cannot overflow a float."""


def backoff_s(tries: int, *, base_s: float, max_s: float, chance: float) -> float:
    """Return the seconds to wait after `tries` tries (1 = after the first).

    The ceiling doubles from `base_s` up to `max_s`; `chance` in [0, 1) picks a point in the upper half of it, so that
    many things that broke together do not come back together, and none comes back at once.
    """
    if tries < 1:
        raise ValueError(f"tries: {tries} is not a count of tries already made")
    ceiling_s = min(max_s, base_s * 2.0 ** min(tries - 1, EXPONENT_MAX))
    return ceiling_s * (0.5 + 0.5 * chance)
