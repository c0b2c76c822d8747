"""The primary is cut off from everybody, another takes over, and then the old one is back.

For a while it lives, alone, and believes itself the primary. It must have stopped accepting writes before the other
began, and come back as a follower that gives up whatever it alone knew.
"""

from faults.primary_partitioned import primary_partitioned
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, rto, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, ONE_PRIMARY
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The old primary returns",
    claim="A primary that is cut off refuses every write before another takes over, and returns as its follower.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(40)),
    faults=[primary_partitioned().between(seconds(4), seconds(31))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *ONE_PRIMARY],
    should_meet=[
        # The leader's lease of 20 s, two seconds in which the other asks a host that cannot answer, and the way back.
        rto(within=seconds(30)),
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(6.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
