"""Some transactions take long, and shorter ones that began later commit before them.

Ids are taken when rows are written and seen when they are committed: whoever reads events in the order of their ids and
never looks back loses some.
"""

from faults.long_transactions import long_transactions
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Long transactions beside short ones",
    claim="Every event that was committed is published, whichever was begun first.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[long_transactions(hold_ms=200).between(seconds(3), seconds(14))],
    must_hold=[*WEBHOOKS, *IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[availability(at_least=0.95, when="after")],
)
