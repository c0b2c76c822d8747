"""The search for a limit: what it offers, what it answers, and what it never counts."""

import math

import pytest

from harness.capacity.probing import Word
from harness.capacity.search import Bounds, Search
from harness.capacity.slo import parse_slo
from tests.harness.capacity.scripted import Scripted

SLO = parse_slo(["p99=300ms"])


def steep(limit: float):
    """Return a system whose share of slow answers is just 1 % at `limit`, and steep around it."""

    def share(rate: float) -> float:
        odds = 30 * math.log(rate / limit) + math.log(0.01 / 0.99)
        return 1 / (1 + math.exp(-odds))

    return share


@pytest.mark.parametrize("limit", [23.0, 170.0])
def test_the_limit_lies_in_the_interval(limit):
    prober = Scripted(steep(limit))
    found = Search(prober, SLO, Bounds()).run()
    assert found.estimate is not None
    assert found.estimate.limit.lo <= limit <= found.estimate.limit.hi
    assert found.estimate.limit.estimate == pytest.approx(limit, rel=0.05)
    assert not found.reasons
    assert found.load_s == prober.load_s <= 240


def test_a_probe_ends_as_soon_as_it_is_certainly_bad():
    found = Search(Scripted(steep(100)), SLO, Bounds()).run()
    hopeless = [probe for probe in found.probes if probe.rate_per_s > 130]
    assert hopeless
    assert all(probe.word is Word.BAD and probe.seconds <= 5 for probe in hopeless)


def test_no_more_than_the_ceiling_is_ever_offered_and_the_answer_says_at_least():
    prober = Scripted(steep(100))
    found = Search(prober, SLO, Bounds(ceiling_per_s=60)).run()
    assert max(prober.offered) == 60
    assert found.estimate is None
    assert found.reasons == ["60/s keeps p99=300ms, and no more than that may be offered"]


def test_a_probe_of_which_nothing_is_known_says_nothing():
    class Mute(Scripted):
        def slices(self):
            return []

    found = Search(Mute(lambda _: 0.0), SLO, Bounds(ceiling_per_s=40)).run()
    assert found.estimate is None
    assert found.lo_per_s == 0
    assert all(probe.word is Word.REFUSED for probe in found.probes)
    assert any("nothing is known" in reason for reason in found.reasons)


def test_what_is_known_late_is_waited_for():
    found = Search(Scripted(steep(100)), SLO, Bounds(patience_s=4.3, ceiling_per_s=20)).run()
    assert [probe.seconds for probe in found.probes] == [10, 30]


def test_where_nothing_is_kept_it_goes_down_and_says_so():
    found = Search(Scripted(lambda _: 1.0), SLO, Bounds()).run()
    assert found.estimate is None
    assert found.hi_per_s == 1.0
    assert "no rate was found" in found.reasons[0]


def test_a_refused_probe_is_made_again_and_never_counted():
    prober = Scripted(steep(100), lambda _, number: ("the generator was late",) if number == 3 else ())
    found = Search(prober, SLO, Bounds()).run()
    refused = [probe for probe in found.probes if probe.word is Word.REFUSED]
    assert len(refused) == 1
    assert prober.offered[2] == prober.offered[3]
    assert found.estimate is not None
    assert found.estimate.limit.estimate == pytest.approx(100, rel=0.05)
    assert not found.reasons


def test_what_is_refused_twice_is_a_reason():
    prober = Scripted(steep(100), lambda rate, _: ("the machine was starved",) if rate > 50 else ())
    found = Search(prober, SLO, Bounds()).run()
    assert any("80.0/s was refused 2 times: the machine was starved" in reason for reason in found.reasons)
    assert found.hi_per_s <= 80


def test_a_probe_that_is_not_at_rest_is_refused():
    """At 80/s the waiting grows all the time, though it stays below the limit as long as anybody looks."""
    prober = Scripted(steep(300), wait_ms=lambda rate, at_s: 20 + (15 * at_s if rate == 80 else 0))
    search = Search(prober, SLO, Bounds())
    search._try(80.0, 20.0)
    assert [probe.word for probe in search.found.probes] == [Word.REFUSED] * 2
    assert "it was not at rest: waiting grew" in search.found.reasons[0]


def test_a_budget_that_ends_is_a_reason_and_the_answer_is_what_is_known():
    found = Search(Scripted(steep(100)), SLO, Bounds(budget_s=12)).run()
    assert found.load_s <= 13
    assert found.reasons


def test_the_clause_that_binds_is_named():
    """Nothing is ever slow here, and errors come from 60/s on."""

    class Failing(Scripted):
        def _slice(self, from_s):
            told = super()._slice(from_s)
            bad = told.arrivals // 3 if self._rate > 60 else 0
            return type(told)(from_s, told.arrivals, {**told.seen, "errors": (told.arrivals, bad)}, 1, told.waits_ms)

    found = Search(Failing(lambda _: 0.0), parse_slo([]), Bounds()).run()
    assert found.estimate is not None
    assert found.estimate.clause == "errors"
    assert 40 < found.estimate.limit.estimate < 80
