"""The primary gateway is half ill: three in ten requests get an error.

Retrying at once, and again, and again, is how a brownout becomes an outage. Retries have a budget.
"""

from faults.brownout import brownout as brownout_of
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import alert_clears, alert_fires, availability, no_alert, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, RETRIES
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary gateway is half ill",
    claim="Errors are answered with patience, not with a storm of retries, and no payment is lost or repeated.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[brownout_of("stripe", share=0.3).between(seconds(4), seconds(12))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *RETRIES],
    should_meet=[
        alert_fires("PaymentServiceGatewayFailure", within=seconds(6)),
        alert_clears("PaymentServiceGatewayFailure", within=seconds(5.5)),
        no_alert("PaymentServiceDatabaseIssues"),
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(3.5)),
        availability(at_least=0.95, when="after"),
    ],
)
