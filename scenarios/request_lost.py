"""Requests of one replica to the primary gateway vanish on the way, without a word.

Nothing was executed, but the caller cannot know that: it looks just like a lost answer, and must be treated so.
"""

from faults.lost_requests import lost_requests
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Requests vanish on the way to the gateway",
    claim="A request that vanished is asked again under the same key, until its fate is known.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[lost_requests(link="api1-to-stripe").between(seconds(4), seconds(11))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(4.5)),
        availability(at_least=0.95, when="after"),
    ],
)
