"""Every statement takes a tenth of a second longer; then one replica hangs in the middle of everything and goes on.

Slow is worse than down: connections are held longer, and callers give up on work that is still being done. A replica
that wakes up finishes what its callers have long sent again elsewhere.
"""

from faults.api_frozen import api_frozen
from faults.database_latency import database_latency
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, SESSIONS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A slow database, and a replica that hangs",
    claim="Whoever gave up and asked again elsewhere was not charged twice, though the first one went on in the end.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(26)),
    faults=[
        database_latency(latency_ms=100).between(seconds(3), seconds(10)),
        api_frozen("api1").between(seconds(12), seconds(19)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *SESSIONS],
    should_meet=[
        availability(at_least=0.95, when="during"),
        recovered(within=seconds(4.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
