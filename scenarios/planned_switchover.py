"""The database's primary and a standby change roles on request, in the middle of the day.

The gentlest failover there is: nothing dies, and still every connection breaks.
"""

from faults.switchover import switchover
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, rto, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A planned change of roles",
    claim="Maintenance costs seconds of waiting, and not one payment.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[switchover().between(seconds(5), seconds(11))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        rto(within=seconds(5)),
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(4.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
