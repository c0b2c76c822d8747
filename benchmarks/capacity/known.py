"""The limits that are known: exactly for exponential work (Erlang's C), by a long simulation for any other."""

import heapq
import math

import numpy as np

from benchmarks.capacity.queue import Queue

SHARE = 0.01
LONG = 400_000
"""Arrivals of a long simulation: an hour or more of load at each rate."""
HALVINGS = 9


def known_limit(queue: Queue, *, count: int = LONG) -> float:
    """Return the rate at which just one of a hundred takes longer than the queue's limit."""
    lo, hi = 0.2 * queue.saturation_per_s, queue.saturation_per_s * (1 - 1e-9)
    exact = queue.cv == 1.0
    for _ in range(60 if exact else HALVINGS):
        middle = (lo + hi) / 2
        share = erlang_share(queue, middle) if exact else long_share(queue, middle, count)
        lo, hi = (lo, middle) if share > SHARE else (middle, hi)
    return (lo + hi) / 2


def erlang_share(queue: Queue, rate_per_s: float) -> float:
    """Return the share of answers of M/M/k that take longer than the limit (L. Kleinrock, Queueing Systems I, 3.5)."""
    servers, each, limit_s = queue.servers, 1 / queue.mean_s, queue.limit_s - queue.delay_s
    offered = rate_per_s / each
    term = total = 1.0
    for number in range(1, servers):
        term *= offered / number
        total += term
    last = term * offered / servers / (1 - offered / servers)
    waits = last / (total + last)
    spare = servers * each - rate_per_s
    served = math.exp(-each * limit_s)
    if abs(spare - each) < 1e-9:
        return served * (1 + waits * each * limit_s)
    return served * (1 - waits) + waits * (spare * served - each * math.exp(-spare * limit_s)) / (spare - each)


def long_share(queue: Queue, rate_per_s: float, count: int, seed: int = 99) -> float:
    """Return the same of any queue, counted over `count` arrivals; the same seed meets the same chance at any rate."""
    chance = np.random.default_rng(seed)
    due = np.cumsum(chance.exponential(1.0, count)) / rate_per_s
    free, slow, limit_s = [0.0] * queue.servers, 0, queue.limit_s - queue.delay_s
    for at, work_s in zip(due.tolist(), queue.work(chance, count).tolist(), strict=True):
        end = max(at, free[0]) + work_s
        heapq.heapreplace(free, end)
        slow += end - at > limit_s
    return slow / count
