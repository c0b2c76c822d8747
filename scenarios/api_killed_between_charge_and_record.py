"""A replica dies after the gateway took the money and before a line of it was written. Then the other one does.

Nobody who is left has seen the charge. It must be found, booked once, and never made again.
"""

from faults.api_killed import api_killed
from faults.dropped_webhooks import dropped_webhooks
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A replica dies between charge and record",
    claim="A charge that nobody wrote down is found and booked once; it is never made again.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(27)),
    faults=[
        api_killed("api1", at="gateway_answered").between(seconds(3), seconds(7)),
        api_killed("api2", at="before_record").between(seconds(12), seconds(16)),
        dropped_webhooks("stripe").between(seconds(3), seconds(20)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(4.5)),
        availability(at_least=0.95, when="after"),
    ],
    platform={"key_lease_s": "4"},
)
