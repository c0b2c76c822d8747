"""The primary gateway answers, but slowly.

Slow is harder than down: nothing fails, everything waits, and a caller that gives up too soon does not know.
"""

from faults.gateway_latency import gateway_latency
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, latency, no_alert, recovered
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary gateway is slow",
    claim="A slow gateway makes payments slow. It does not make them fail, repeat or vanish.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18.5)),
    faults=[gateway_latency("stripe", latency_ms=400, jitter_ms=150).between(seconds(4), seconds(13))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        no_alert("PaymentServiceHighLatency"),
        no_alert("PaymentServiceHighErrorRate"),
        no_alert("PaymentServiceDatabaseIssues"),
        availability(at_least=0.97, when="during"),
        latency(p95=seconds(3), when="during"),
        recovered(within=seconds(3)),
        availability(at_least=0.95, when="after"),
    ],
)
