"""The primary gateway takes more than three seconds for every answer, and the platform has the patience to wait.

Nothing fails and no breaker opens, so nobody is sent elsewhere: people at the till just wait. That is what an alert
about latency is for. The platform's timeouts are those of a shop that would rather wait than not know.
"""

from faults.gateway_latency import gateway_latency
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import alert_clears, alert_fires, availability, no_alert
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A slow gateway, and a platform that waits for it",
    claim="Payments that take too long raise an alert, although none of them fails; it is over with the fault.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(25)),
    faults=[gateway_latency("stripe", latency_ms=3300, jitter_ms=100).between(seconds(4), seconds(14))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        alert_fires("PaymentServiceHighLatency", within=seconds(9)),
        alert_clears("PaymentServiceHighLatency", within=seconds(8)),
        no_alert("PaymentServiceGatewayFailure"),
        no_alert("PaymentServiceHighErrorRate"),
        availability(at_least=0.95, when="after"),
    ],
    platform={"gateway_timeout_s": "4.2", "gateway_slow_s": "4.2"},
)
