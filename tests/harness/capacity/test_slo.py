"""The SLO of the command line: what it means, and what is refused."""

import pytest

from harness.capacity.slo import Clause, parse_slo
from harness.core.errors import UsageError


def test_an_slo_is_the_share_that_may_be_bad():
    slo = parse_slo(["p99=300ms", "p50=0.1s", "errors=0.1%"])
    assert slo.clause("p99") == Clause("p99", 0.01, 300.0)
    assert slo.clause("p50") == Clause("p50", 0.5, 100.0)
    assert slo.clause("errors") == Clause("errors", 0.001)
    assert slo.words == "p99=300ms, p50=100ms, errors=0.1%"


def test_without_any_the_default_holds():
    assert parse_slo([]).words == "p99=300ms, errors=0.1%"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["p99=300"], "needs a time"),
        (["p99"], "needs a time"),
        (["p98=300ms"], "no figure 'p98'"),
        (["speed=9"], "no figure 'speed'"),
        (["errors=2ms"], "needs a share"),
        (["errors=0%"], "between 0% and 100%"),
        (["errors=100%"], "between 0% and 100%"),
        (["p99=0ms"], "above 0"),
        (["p99=900s"], "up to 30 s"),
        (["p99=-3ms"], "needs a time"),
        (["p99=300ms", "p99=400ms"], "given twice"),
        (["p99=300ms", "p50=300ms"], "contradict"),
        (["p50=2s", "p99=1s"], "contradict"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_valid(given, said):
    with pytest.raises(UsageError, match=said) as refused:
        parse_slo(given)
    assert refused.value.hint
