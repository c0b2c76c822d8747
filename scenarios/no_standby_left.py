"""Every standby is cut off, and then the primary dies. Nobody else may take over: nobody else has it all.

The old primary comes back with its own disk. That saves what it had acknowledged before, and proves nothing of copies:
the report says so, and speaks of no RPO.
"""

from faults.postgres_killed import postgres_killed
from faults.replication_cut import replication_cut
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="No standby is left when the primary dies",
    claim="A standby that may lack something does not take over; the old primary comes back, and no payment is lost.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(26)),
    faults=[
        replication_cut(standbys="all").between(seconds(4), seconds(13)),
        postgres_killed().between(seconds(8), seconds(13.5)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        drained(within=seconds(30)),
        recovered(within=seconds(10)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
