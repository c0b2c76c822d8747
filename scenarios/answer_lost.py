"""The gateway takes the money, but its answer never reaches us.

The most expensive moment in payments: the charge exists, and nobody here knows. No webhook tells. For a while even
asking again goes unanswered, and the gateway's search lags far behind its own ledger.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.lagging_search import lagging_search
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The gateway's answer is lost",
    claim="A lost answer may delay a payment. It never repeats one, and never loses one.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(21.5)),
    faults=[
        execute_then_drop("stripe", share=0.3, how="hang").between(seconds(3), seconds(13)),
        lost_answers(link="worker-to-stripe").between(seconds(4), seconds(9)),
        # Longer than the answers are lost: whoever only looks meanwhile must miss, with every seed.
        lagging_search("stripe", lag_s=30).between(seconds(3), seconds(16)),
        dropped_webhooks("stripe").between(seconds(3), seconds(13)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(3)),
        availability(at_least=0.95, when="after"),
    ],
)
