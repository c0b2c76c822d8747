"""The database is slow, and then it has no connection left for us: a neighbour has taken them all.

First every payment holds its connections longer. Then the platform loses those that it has and gets no others. Whoever
cannot be served must be told so, in time and with the truth.
"""

from faults.connection_exhaustion import connection_exhaustion
from faults.database_latency import database_latency
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.invariants import pick
from harness.objectives import availability, drained, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="No connection left",
    claim="Without a connection no payment is made and none is forgotten; with one, service is back by itself.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(24)),
    faults=[
        database_latency(latency_ms=60).between(seconds(3), seconds(7)),
        connection_exhaustion(evict=True).between(seconds(8), seconds(17)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *pick("I37")],
    should_meet=[
        drained(within=seconds(30)),
        recovered(within=seconds(4.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
