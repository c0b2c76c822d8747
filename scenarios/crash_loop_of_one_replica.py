"""One replica dies, starts, answers for a second, and dies again: each death in the middle of somebody's payment.

Whoever was answered must find the payment, whoever was not must find it once. The other replica carries the load.
"""

from faults.crash_loop import crash_loop
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="One replica dies again and again",
    claim="What a dying replica answered is true, and what it did not answer happened once or not at all.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(26)),
    faults=[crash_loop("api1", up_s=1.2).between(seconds(3), seconds(19))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        availability(at_least=0.95, when="during"),
        recovered(within=seconds(4.5)),
        unknowns_resolved(p95=seconds(30)),
    ],
    platform={"key_lease_s": "4"},
)
