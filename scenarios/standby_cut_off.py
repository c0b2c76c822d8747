"""No standby hears anything of the primary for a while. Nobody has failed, and yet every commit is in one place only.

Either commits wait, which callers see, or they are acknowledged with one copy, which a disk may make them regret. The
platform waits. Its callers must get through it without paying twice, and the standbys must catch up by themselves.
"""

from faults.replication_cut import replication_cut
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, SESSIONS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Every standby is cut off",
    claim="A payment that is in one place only is acknowledged to nobody, and service returns with the standbys.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(22)),
    faults=[replication_cut(standbys="all").between(seconds(4), seconds(10))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *SESSIONS],
    should_meet=[
        drained(within=seconds(30)),
        recovered(within=seconds(9.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
