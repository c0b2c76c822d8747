"""The primary gateway is away, and in the middle of that the primary database dies.

Troubles come together. The breaker's state, the doubts and the promises made so far are all in the database that just
changed its place.
"""

from faults.gateway_down import gateway_down
from faults.postgres_killed import postgres_killed
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, unknowns_resolved
from harness.promises import DURABILITY, FALLBACK, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The database fails over during a gateway's outage",
    claim="Two outages at once lose nothing, charge nobody twice, and both end.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(22)),
    faults=[
        gateway_down("stripe").between(seconds(4), seconds(13)),
        postgres_killed().between(seconds(7), seconds(12)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *FALLBACK],
    should_meet=[
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(6.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
