"""Many payers are asked to confirm. Some take a moment, some never answer, and for a while no event says who did.

Whoever does not answer in time is given up: the gateway first, so that nobody is charged who confirms after that.
"""

from faults.dropped_webhooks import dropped_webhooks
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import DURABILITY, LEDGER, PAYERS, WEBHOOKS
from loadtests.workloads import payers_asked

scenario = Scenario(
    title="Payers take their time, or never answer",
    claim="A payment that waits for its payer is paid in time or given up at its gateway; its merchant hears which.",
    load=payers_asked(arrivals_per_second=14, lasting=seconds(18)),
    faults=[dropped_webhooks("stripe", share=0.5).between(seconds(5), seconds(12))],
    platform={"action_within_s": "3"},
    must_hold=[*PAYERS, *DURABILITY, *LEDGER, *WEBHOOKS],
    should_meet=[availability(at_least=0.99, when="during")],
)
