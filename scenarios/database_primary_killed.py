"""The primary database dies under load, and its standby takes over.

Every payment that was acknowledged a moment ago must be there, on a machine that a moment ago was only listening.
"""

from faults.postgres_killed import postgres_killed
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, rto, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary database dies",
    claim="The standby takes over within seconds, and no acknowledged payment is lost.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[postgres_killed().between(seconds(5), seconds(10))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        rto(within=seconds(3)),
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(5.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
