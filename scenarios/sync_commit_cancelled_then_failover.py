"""Commits wait for standbys that hear nothing; the waits are cancelled; then the primary dies.

The server answers each cancelled commit as usual, with a warning that few programs read. The payment is there to see,
on one disk only, until a standby takes over without it. Whoever took "it is there" for "it is safe" has lied.
"""

from faults.commits_cancelled import commits_cancelled
from faults.postgres_killed import postgres_killed
from faults.replication_stalled import replication_stalled
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Cancelled commits, then a failover",
    claim="A commit that nobody waited for is not an answer. What was acknowledged survives the failover.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(24)),
    faults=[
        replication_stalled(standbys="all").between(seconds(4), seconds(15)),
        commits_cancelled().between(seconds(4.5), seconds(7)),
        commits_cancelled(terminate=True).between(seconds(7), seconds(8.5)),
        postgres_killed().between(seconds(9), seconds(15.5)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(6)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
