"""The search against queues whose limit is known. The whole is `make bench-capacity`."""

import numpy as np
import pytest

from benchmarks.capacity.__main__ import search_once
from benchmarks.capacity.known import erlang_share, known_limit, long_share
from benchmarks.capacity.queue import QUEUES, Queue, Simulated
from benchmarks.capacity.ramp import ramp

ONE, FOUR = QUEUES[0], QUEUES[2]


def test_the_share_of_slow_answers_of_one_server_is_exponential():
    """M/M/1: an answer takes longer than t with probability exp(-(mu - lambda) t)."""
    assert erlang_share(ONE, 80.0) == pytest.approx(np.exp(-20 * 0.3))
    assert known_limit(ONE) == pytest.approx(100 - np.log(100) / 0.3, rel=1e-6)


def test_a_long_simulation_agrees_with_what_is_known():
    assert long_share(FOUR, 80.0, 60_000) == pytest.approx(erlang_share(FOUR, 80.0), rel=0.3)


def test_searches_come_near_the_known_limit():
    errors = []
    for queue in (ONE, FOUR):
        limit = known_limit(queue)
        seen = [search_once(queue, limit, seed) for seed in range(4)]
        errors += [abs(item.error) for item in seen if item is not None]
    assert len(errors) == 8
    assert np.median(errors) < 0.06
    assert max(errors) < 0.15


def test_the_ramp_stops_where_it_first_fails():
    prober = Simulated(Queue("quick", 1, 0.01, 1.0), 3)
    reached = ramp(prober, ONE.slo, 42.0)
    assert 60 < reached < 100
    assert prober.load_s > 300
