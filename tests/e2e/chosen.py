"""The end-to-end runs that `make test` makes: a chosen set, because nothing else may run beside them (twelve minutes).

Everything is made by `make test-all`: every scenario with several seeds, every planted bug in every scenario that shows
it, and the tests marked `thorough`. `make test` ends by saying what it left out.

How a new one gets in: `test_chosen.py` demands that every family of faults has a scenario here and every kind of
invariant a planted bug. A new scenario or bug comes in when it is the first of its family or kind, or in the place of
another that it says more than; the number of runs stays within `AT_MOST`.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from harness import catalogue

AT_MOST = 11
"""Runs of this set. The tests of `test_death.py` make about as many again, most of them cut short."""

SCENARIOS: Mapping[str, str] = {
    "calm": "the control: no fault, and every promise is kept",
    "connection_pool_exhausted": "pressure on the database, through its links and from a process of its own",
    "database_primary_killed": "the cluster fails over: RPO 0, and the platform finds the new primary",
    "standby_cut_off": "no standby hears of anything: nothing is acknowledged that is on one node only",
    "worker_killed_mid_delivery": "a process dies at a point of its code and its work is taken over",
    "difficult_merchant_endpoint": "the receiving side: a merchant's endpoint that redirects, errs, hangs and hangs up",
    "reconciliation_after_blackout": "simulators misbehave, people act, and the books agree again",
}
"""Scenarios that must pass on the sound platform, with why they are here; one call of `faultline run` makes them."""

ELSEWHERE: Mapping[str, str] = {
    "primary_gateway_outage": "test_run_folder.py: the flagship, by two load workers, looked at file by file",
}
"""Scenarios that another test of `make test` runs to the end on the sound platform."""

BUGS: Mapping[str, str] = {
    "B07": "safety: a shopper is charged twice, the most expensive bug there is",
    "B08": "convergence: an unknown is guessed away, and the books never agree",
    "B42": "liveness: a breaker stays open for good",
}
"""Planted bugs that must be caught in the first scenario that shows them, with the kind that they stand for."""

ABSENT_FAMILIES: Mapping[str, str] = {
    "containers": "needs Docker; see test_compose.py",
}
"""Families of faults that no run of this target can have."""


def left_out(thorough: Sequence[str]) -> list[str]:
    """Return the lines that say what `make test` did not run, and how to run it. `thorough`: tests left out by mark."""
    scenarios = [name for name in catalogue.scenario_names() if name not in {*SCENARIOS, *ELSEWHERE}]
    bugs = [bug for bug in catalogue.planted_bugs() if bug not in BUGS]
    return [
        *_listed(f"{len(scenarios)} scenarios were not run here", scenarios),
        *_listed(f"{len(bugs)} planted bugs were not run here", bugs),
        *_listed(f"{len(thorough)} thorough tests were not run here", thorough),
        "run one:  faultline run SCENARIO [--bug ID]     run everything, with several seeds:  make test-all",
    ]


def _listed(what: str, names: Iterable[str]) -> list[str]:
    text = f"{what}: {', '.join(names) or 'none'}"
    return textwrap.wrap(text, 118, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
