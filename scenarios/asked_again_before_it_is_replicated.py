"""No standby confirms anything. Clients hang up and ask again under their key, and at last the primary dies.

While the first request's COMMIT waits, its row is invisible and a retry waits beside it. Once that wait is cancelled,
or its backend ended, the row is there for all to see, on one disk only. To answer a retry is to acknowledge: whoever
tells what is merely visible has promised a payment that the next primary never heard of. The waits are cancelled for
seven seconds: a client has sent four times by then, and looks for its payment.
"""

from faults.commits_cancelled import commits_cancelled
from faults.postgres_killed import postgres_killed
from faults.replication_stalled import replication_stalled
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import drained, recovered, rpo, unknowns_resolved
from harness.promises import ANSWERED, DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import impatient_checkout

scenario = Scenario(
    title="Asked again before it is replicated",
    claim="A retry is answered when its payment is safe: neither early, nor never.",
    load=impatient_checkout(payments_per_second=15, lasting=seconds(28)),
    faults=[
        replication_stalled(standbys="all").between(seconds(4), seconds(18)),
        commits_cancelled().between(seconds(6.5), seconds(13.5)),
        commits_cancelled(terminate=True).between(seconds(13.5), seconds(14.5)),
        postgres_killed().between(seconds(15), seconds(18.5)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *ANSWERED],
    should_meet=[
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(7)),
        unknowns_resolved(p95=seconds(30)),
    ],
)
