"""The worker dies when the merchant has the event and nobody has written that down; and again, before it is sent.

The next worker cannot know. It may tell a merchant twice, but never not at all, and never out of order.
"""

from faults.worker_killed import worker_killed
from harness.core.scenario import Scenario
from harness.core.units import milliseconds, seconds
from harness.objectives import availability, latency
from harness.promises import DURABILITY, LEDGER, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The worker dies in the middle of a delivery",
    claim="Every event reaches its merchant, whenever the worker dies, and no payment waits for the worker.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(22)),
    faults=[
        worker_killed(at="delivery_sent").between(seconds(3), seconds(7)),
        worker_killed(at="outbox_published").between(seconds(11), seconds(15)),
    ],
    must_hold=[*WEBHOOKS, *DURABILITY, *LEDGER],
    should_meet=[
        availability(at_least=0.99, when="during"),
        latency(p95=milliseconds(500), when="during"),
        availability(at_least=0.95, when="after"),
    ],
)
