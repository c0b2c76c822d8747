"""The primary gateway comes and goes, faster than anybody can get used to it.

Each return invites the traffic back, each departure drops what was in flight. The books must not care.
"""

from faults.gateway_down import gateway_down
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, FALLBACK, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary gateway flaps",
    claim="However often the gateway comes and goes, each payment is made once, at one of the two.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(20)),
    faults=[gateway_down("stripe").between(seconds(at), seconds(at + 1.5)) for at in (4, 7, 10, 13)],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *FALLBACK],
    should_meet=[
        availability(at_least=0.90, when="during"),
        recovered(within=seconds(3)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
