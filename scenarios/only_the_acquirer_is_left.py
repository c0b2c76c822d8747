"""Both gateways that everybody pays through are gone at once, and a third one is in the order: a plain acquirer.

With two gateways this is a blackout (`both_gateways_down`). Whoever pays for a third must get something for it:
payments move on, and come back, and still none of them is made at two.
"""

from faults.gateway_down import gateway_down
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, switched, unknowns_resolved
from harness.promises import DURABILITY, FALLBACK, IDEMPOTENCY, LEDGER, RECOVERY
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Only the acquirer is left",
    claim="With a third gateway in the order, payments go on while the first two are gone; none is made twice or lost.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(21)),
    faults=[
        gateway_down("stripe").between(seconds(5), seconds(12)),
        gateway_down("paypal").between(seconds(5), seconds(12)),
    ],
    platform={"gateways": "stripe,paypal,acquirer"},
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *FALLBACK, *RECOVERY],
    should_meet=[
        availability(at_least=0.85, when="during"),
        switched(within=seconds(10)),
        recovered(within=seconds(6.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
