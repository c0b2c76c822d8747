"""The primary gateway's own process dies in the middle of its work, and starts again from its ledger.

What it had answered must still be there afterwards: otherwise our books would hold payments that no gateway knows.
What it was asked and never answered is in doubt until somebody asks again under the same key.
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
        availability(at_least=0.80, when="during"),
        switched(within=seconds(10)),
        recovered(within=seconds(10)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
