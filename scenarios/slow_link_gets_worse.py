"""The way to the primary gateway is slow, and while it is, its answers get lost, and then one replica's link is cut.

Troubles come in layers. When the worse one is over, the first is still there: who takes that for calm is wrong twice.
"""

from faults.gateway_latency import gateway_latency
from faults.link_down import link_down
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A slow link gets worse",
    claim="Answers that are lost on a link that is slow anyway cost time, and no payment is made twice or lost.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(24)),
    faults=[
        gateway_latency("stripe", latency_ms=300, jitter_ms=100).between(seconds(3), seconds(13)),
        lost_answers("stripe", share=0.5).between(seconds(5), seconds(7)),
        link_down("api1-to-stripe").between(seconds(9.5), seconds(11)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        recovered(within=seconds(8)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
