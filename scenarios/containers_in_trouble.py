"""A replica is stopped as a deployment stops it, the worker is cut off, and the other replica gets a tenth of a CPU.

Only containers can be treated so. Each is whole again before the next one's turn, and nothing of it may be felt later.
"""

from faults.container_disconnected import container_disconnected
from faults.container_starved import container_starved
from faults.container_stopped import container_stopped
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Containers are stopped, cut off and starved",
    claim="What a container was doing when it was taken away is finished once, by itself or by another one.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(36)),
    faults=[
        container_stopped("api1", grace_s=5).between(seconds(3), seconds(9)),
        container_disconnected("worker").between(seconds(16), seconds(22)),
        container_starved("api2", cpus=0.1).between(seconds(25), seconds(30)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *WEBHOOKS],
    should_meet=[
        availability(at_least=0.95, when="during"),
        recovered(within=seconds(3.5)),
        unknowns_resolved(p95=seconds(30)),
    ],
)
