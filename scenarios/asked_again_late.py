"""Merchants ask again twelve seconds later: about payments, refunds and declines, and about a replica that died.

A shop that restarts its queue, or a person who finds an old tab. Caches made for double clicks have forgotten by then,
and so has whoever held the key.
"""

from faults.api_killed import api_killed
from faults.delay import delay
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import unknowns_resolved
from harness.promises import BOUNDARIES, DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import late_visitors

scenario = Scenario(
    title="Asked again, late",
    claim="The same request gets its first answer however late it comes again, and what was decided is told.",
    load=late_visitors(arrivals_per_second=16, lasting=seconds(24)),
    faults=[
        delay("stripe", latency_ms=900).between(seconds(3), seconds(6)),
        api_killed("api1").between(seconds(5), seconds(7)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *BOUNDARIES],
    should_meet=[unknowns_resolved(p95=seconds(30))],
)
