"""Nothing goes wrong: the control.

A harness that finds faults in a quiet system is broken. Every other scenario is read against this one.
"""

from harness.core.scenario import Scenario
from harness.core.units import milliseconds, seconds
from harness.objectives import ALERT_NAMES, availability, latency, no_alert
from harness.promises import BOUNDARIES, DURABILITY, IDEMPOTENCY, LEDGER, OWNERS, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A quiet day",
    claim="With nothing broken, every payment is made once, booked once and announced.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(15)),
    must_hold=[*IDEMPOTENCY, *BOUNDARIES, *DURABILITY, *LEDGER, *OWNERS, *WEBHOOKS],
    should_meet=[
        availability(at_least=0.999, when="before"),
        latency(p95=milliseconds(500), when="before"),
        *(no_alert(name) for name in ALERT_NAMES),
    ],
)
