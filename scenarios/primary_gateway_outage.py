"""The primary gateway goes away in the middle of the day, and comes back.

Connections are refused, and whatever was inside them is lost. Payments must move to the other gateway within
seconds, without one of them being charged at both, and return when the first one is back.
"""

from faults.gateway_down import gateway_down
from harness.core.scenario import Scenario
from harness.core.units import milliseconds, seconds
from harness.objectives import (
    alert_clears,
    alert_fires,
    availability,
    latency,
    no_alert,
    recovered,
    switched,
    unknowns_resolved,
)
from harness.promises import DURABILITY, FALLBACK, IDEMPOTENCY, LEDGER, RECOVERY, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary gateway is gone",
    claim="Payments move to the other gateway within seconds and come back; none is charged twice, none is lost.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(20)),
    faults=[gateway_down("stripe").between(seconds(5), seconds(12))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *FALLBACK, *RECOVERY, *WEBHOOKS],
    should_meet=[
        alert_fires("PaymentServiceGatewayFailure", within=seconds(6)),
        alert_clears("PaymentServiceGatewayFailure", within=seconds(7)),
        no_alert("PaymentServiceDatabaseIssues"),
        availability(at_least=0.90, when="during"),
        latency(p95=milliseconds(500), when="before"),
        latency(p95=seconds(3), when="during"),
        switched(within=seconds(10)),
        recovered(within=seconds(5.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
