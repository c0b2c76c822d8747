"""The primary gateway takes the money and answers after everybody stopped listening.

A system that falls back on a timeout charges the customer twice, once at each gateway. So after a request was sent,
the other gateway is off limits until the first one's answer is known.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.late_replies import late_replies
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Success arrives after the timeout",
    claim="A payment whose fate is unknown at one gateway is never tried at the other.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[
        late_replies("stripe", share=0.4, delay_ms=3500).between(seconds(4), seconds(11)),
        dropped_webhooks("stripe").between(seconds(4), seconds(11)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(4.5)),
        availability(at_least=0.95, when="after"),
    ],
)
