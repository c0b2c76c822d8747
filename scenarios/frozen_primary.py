"""The primary stands still for longer than its lease, and wakes up believing that no time has passed.

Nothing is refused and nothing is closed: whoever waits for it waits for ever, unless they brought a clock. When it
wakes there are two primaries for a moment, and only one of them may acknowledge anything.
"""

from faults.primary_frozen import primary_frozen
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered, rpo, rto, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary stands still",
    claim="Callers stop waiting for a primary that hangs, and what it says when it wakes up changes nothing.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(38)),
    faults=[primary_frozen().between(seconds(4), seconds(30))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        rto(within=seconds(28)),
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(5.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
