"""Both gateways are gone at once. There is nowhere left to go.

The honest answer is a clear refusal, or a promise that is kept: nothing is lost, and everything ends known.
"""

from faults.gateway_down import gateway_down
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import alert_clears, alert_fires, availability, no_alert, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, RECOVERY
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Both gateways are gone",
    claim="With nowhere to go, payments are refused clearly; after recovery everything ends known, nothing is lost.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(20)),
    faults=[
        gateway_down("stripe").between(seconds(5), seconds(11)),
        gateway_down("paypal").between(seconds(5), seconds(11)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *RECOVERY],
    should_meet=[
        alert_fires("PaymentServiceHighErrorRate", within=seconds(8)),
        alert_clears("PaymentServiceHighErrorRate", within=seconds(8.5)),
        alert_fires("PaymentServiceGatewayFailure", within=seconds(6)),
        no_alert("PaymentServiceDatabaseIssues"),
        recovered(within=seconds(6.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
