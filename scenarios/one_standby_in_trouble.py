"""One of two standbys is cut off, then slow, then silent, then no longer replays. The other is well.

That is a day in the life of a cluster of three, and nobody outside may notice: any one standby confirms a commit, so
nobody waits for the one in trouble, and what was acknowledged is in two places all the same.
"""

from faults.replay_frozen import replay_frozen
from faults.replication_cut import replication_cut
from faults.replication_slow import replication_slow
from faults.replication_stalled import replication_stalled
from harness.core.scenario import Scenario
from harness.core.units import milliseconds, seconds
from harness.objectives import availability, drained, latency, recovered
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, SESSIONS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="One standby is in trouble",
    claim="Whatever happens to one standby costs neither the service nor the guarantee: another confirms each commit.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(26.5)),
    faults=[
        replication_cut(standbys="one").between(seconds(4), seconds(8)),
        replication_slow(kilobytes_per_s=10, standbys="one").between(seconds(9), seconds(13)),
        replication_stalled(standbys="one").between(seconds(14), seconds(17)),
        replay_frozen(standbys="one").between(seconds(18), seconds(21)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *SESSIONS],
    should_meet=[
        availability(at_least=0.99, when="during"),
        latency(p95=milliseconds(500), when="during"),
        recovered(within=seconds(3)),
        drained(within=seconds(30)),
    ],
)
