"""The primary's whole machine is gone, and nobody is left to say so.

The standby may not take over on a hunch: it waits until the dead leader's lease has run out. That is the price of never
having two.
"""

from faults.database_node_lost import database_node_lost
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, rto, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary database's node is lost",
    claim="After the leader's lease the standby takes over, and no acknowledged payment is lost.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(40)),
    faults=[database_node_lost().between(seconds(4), seconds(31))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
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
