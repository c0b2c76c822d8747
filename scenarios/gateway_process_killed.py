"""The primary gateway's own process dies in the middle of its work, and starts again from its ledger.

What it had answered must still be there afterwards: otherwise our books would hold payments that no gateway knows.
What it was asked and never answered is in doubt until somebody asks again under the same key.

A dead process whose host lives refuses connections: such a payment goes elsewhere at once. A container that is gone
takes its address along: nobody refuses anything, calls wait for their timeout (1.5 s) and end in doubt until the
breaker has seen enough of them, 2 to 3.5 s after the death. The promises are those that hold for both: the first
three and a half seconds of nine (it is started again after seven, and starts for two) may be lost, and no more.
"""

from faults.gateway_killed import gateway_killed
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, switched, unknowns_resolved
from harness.promises import DURABILITY, FALLBACK, IDEMPOTENCY, LEDGER, RECOVERY
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The primary gateway's process dies",
    claim="A gateway that died and came back has every charge that it ever confirmed, once, and so have we.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(24)),
    faults=[gateway_killed("stripe").between(seconds(4), seconds(11))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *FALLBACK, *RECOVERY],
    should_meet=[
        switched(within=seconds(5)),
        availability(at_least=0.60, when="during"),
        recovered(within=seconds(10)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
