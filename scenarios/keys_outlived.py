"""The gateway remembers keys for eight seconds only, and for longer than that nobody hears its answers.

"Asking again under the same key is safe" ends where the gateway's memory ends: the same bytes are then a new charge.
The platform knows how long it may ask again; after that it looks, and waits.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.key_prune import key_prune
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, ONE_KEY, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Doubts that outlive the gateway's memory of keys",
    claim="A key that its gateway may have forgotten is never sent again: what it did is looked up, however late.",
    load=steady_checkout(payments_per_second=16, lasting=seconds(25.5)),
    faults=[
        key_prune("stripe", retention_s=8).between(seconds(2), seconds(20)),
        dropped_webhooks("stripe").between(seconds(3), seconds(8)),
        execute_then_drop("stripe", share=0.25, how="hang").between(seconds(3), seconds(6)),
        lost_answers(link="worker-to-stripe").between(seconds(3), seconds(15)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *ONE_KEY],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(3)),
        availability(at_least=0.95, when="after"),
    ],
    platform={"gateway_key_memory_s": "6"},
)
