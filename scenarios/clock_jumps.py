"""A replica's clock jumps ahead, then the worker's falls behind, and nobody tells them.

Leases, signatures and time limits are promises about time between processes. None of them may turn a payment into two,
or into none, because two processes disagree about what time it is.
"""

from faults.clock_skew import clock_skew
from faults.execute_then_drop import execute_then_drop
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, UNKNOWNS, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Clocks jump",
    claim="No process's idea of the time makes a payment twice, loses one, or leaves one in doubt.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(24)),
    faults=[
        clock_skew("api1", offset_s=90).between(seconds(3), seconds(8)),
        clock_skew("worker", offset_s=-90).between(seconds(8.5), seconds(13)),
        clock_skew("worker", offset_s=90).between(seconds(13.5), seconds(18)),
        execute_then_drop("stripe", share=0.1, how="hang").between(seconds(3), seconds(18)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *WEBHOOKS],
    should_meet=[
        availability(at_least=0.95, when="after"),
        unknowns_resolved(p95=seconds(30)),
    ],
)
