"""The merchant's endpoint is down, and comes back.

Merchants ship goods when the webhook arrives. Every event must reach them in the end, at least once, unaltered,
and their absence must not slow a single payment.
"""

from faults.link_down import link_down
from harness.core.scenario import Scenario
from harness.core.units import milliseconds, seconds
from harness.objectives import availability, latency
from harness.promises import DURABILITY, LEDGER, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The merchant's webhook endpoint is down",
    claim="Every event reaches the merchant in the end, and the merchant's absence slows no payment.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(16)),
    faults=[link_down("worker-to-sink").between(seconds(4), seconds(10))],
    must_hold=[*WEBHOOKS, *DURABILITY, *LEDGER],
    should_meet=[
        availability(at_least=0.999, when="during"),
        latency(p95=milliseconds(500), when="during"),
        availability(at_least=0.95, when="after"),
    ],
)
