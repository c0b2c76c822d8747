"""A process may die between any two lines of code. Every edge that matters is one where ours does.

Each named point kills its process once while shoppers pay and the gateway has a bad day, and a supervisor starts it
again. Whatever was half done must be finished, once, by whoever comes later. A point that nobody reached proves
nothing.
"""

from faults.brownout import brownout
from faults.crash_points import crash_points
from faults.decline_storm import decline_storm
from faults.execute_then_drop import execute_then_drop
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, UNKNOWNS, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A crash at every edge",
    claim="Wherever a process dies, no payment is made twice, none is lost, and none stays half done.",
    load=steady_checkout(payments_per_second=18, lasting=seconds(150)),
    faults=[
        crash_points().between(seconds(3), seconds(142)),
        execute_then_drop("stripe", share=0.08, how="hang").between(seconds(3), seconds(142)),
        brownout("stripe", share=0.08).between(seconds(3), seconds(142)),
        decline_storm("stripe", share=0.15, retryable=True).between(seconds(3), seconds(142)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *WEBHOOKS],
    should_meet=[unknowns_resolved(p95=seconds(30))],
    platform={"key_lease_s": "4"},
)
