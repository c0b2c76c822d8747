"""The standbys fall behind in replaying, and nobody may notice.

Every commit is on a second disk in time. But whoever asks there would hear of the world as it was some seconds ago: a
payment that does not exist yet, a refund that has not happened, a key that nobody has used.
"""

from faults.replay_frozen import replay_frozen
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, drained, recovered
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, SESSIONS, WEBHOOKS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The standbys show the past",
    claim="Whoever was told of a payment finds it everywhere and at once, and a key that was used stays used.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(16.5)),
    faults=[replay_frozen(standbys="all").between(seconds(4), seconds(11))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *SESSIONS, *WEBHOOKS],
    should_meet=[
        availability(at_least=0.97, when="during"),
        recovered(within=seconds(3)),
        drained(within=seconds(30)),
    ],
)
