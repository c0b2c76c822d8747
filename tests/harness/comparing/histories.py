"""Synthetic runs: requests whose waits depend on their neighbours', as in a queue, drawn from a seed."""

from collections.abc import Mapping

import numpy as np

from harness.comparing.series import Series, Side

STEP_S = 0.25
BINS_PER_E = 100


def run(
    seed: int,
    *,
    seconds: float = 60,
    rate: float = 40,
    slower: float = 1.0,
    tail_slower: float = 1.0,
    failing: float = 0.002,
    memory_s: float = 1.0,
    once_each: Mapping[str, tuple[float, ...]] | None = None,
) -> Series:
    """Return a run of Poisson arrivals whose log-waits are noise upon a wave (an AR(1) that forgets in `memory_s`).

    `slower` multiplies all waits, `tail_slower` the longest tenth, `failing` is the share of operations that fail; what
    fails comes in heaps as well.
    """
    chance = np.random.default_rng(seed)
    steps = int(seconds / STEP_S)
    keeps = float(np.exp(-STEP_S / memory_s))
    wave = np.empty(steps)
    wave[0] = chance.normal()
    for step in range(1, steps):
        wave[step] = keeps * wave[step - 1] + np.sqrt(1 - keeps**2) * chance.normal()
    arrived = chance.poisson(rate * STEP_S, steps)
    at = np.repeat(np.arange(steps), arrived)
    own = chance.normal(size=len(at))
    waits_ms = 20 * slower * np.exp(0.25 * wave[at] + 0.5 * own)
    waits_ms = np.where(own > 1.2816, waits_ms * tail_slower, waits_ms)
    bad = chance.random(len(at)) < np.minimum(1, failing * np.exp(wave[at]))
    bins = np.round(np.log(waits_ms) * BINS_PER_E).astype(np.int64)
    known = np.unique(bins)
    counts = np.zeros((steps, len(known)))
    np.add.at(counts, (at, np.searchsorted(known, bins)), 1.0)
    tried = np.bincount(at, minlength=steps).astype(float)
    ok = tried - np.bincount(at[bad], minlength=steps)
    stratum = np.zeros(steps, dtype=np.int64)
    return Series(STEP_S, stratum, np.exp(known / BINS_PER_E), counts, tried, ok, ok, once_each or {})


def side(name: str, *runs: Series, doubts: tuple[str, ...] = ()) -> Side:
    """Return runs as a side."""
    return Side(name, runs, {"scenario": "synthetic"}, doubts)
