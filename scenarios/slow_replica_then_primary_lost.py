"""Both standbys fall behind, and then the primary dies.

Whoever acknowledges before one of them has it loses just what was on its way. Waiting is slow, and it is the promise.
"""

from faults.postgres_killed import postgres_killed
from faults.replication_slow import replication_slow
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary dies while its standbys are behind",
    claim="What was acknowledged is on the next primary too, however slow the way to all standbys was.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(20)),
    faults=[
        # The primary may write 400 kB a second.
        replication_slow(kilobytes_per_s=20, standbys="all").between(seconds(4), seconds(12)),
        postgres_killed().between(seconds(6.5), seconds(12.5)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
