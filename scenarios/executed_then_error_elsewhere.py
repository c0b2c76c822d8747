"""The other gateway takes the money and says that it broke; so does the first one, which does not remember it.

Paypal is the first choice for a while. Its server errors come after the payment was made, some remembered under the key
and some not: then a re-send under the same key is told what really happened. Back at stripe it is the same.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_500 import execute_then_500
from faults.lagging_search import lagging_search
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.operations import switch_gateway
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, ONE_KEY, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Executed, then an error, at the other gateway, and forgotten",
    claim="A server error is a doubt at either gateway, remembered or not: nothing is paid twice or elsewhere.",
    load=steady_checkout(payments_per_second=16, lasting=seconds(22)),
    faults=[
        dropped_webhooks("paypal").between(seconds(2.5), seconds(9)),
        lagging_search("paypal", lag_s=6).between(seconds(2.5), seconds(9)),
        execute_then_500("paypal", share=0.25, cached=False).between(seconds(3), seconds(5.5)),
        execute_then_500("paypal", share=0.25).between(seconds(6), seconds(8)),
        dropped_webhooks("stripe").between(seconds(10), seconds(13.4)),
        execute_then_500("stripe", share=0.2, cached=False).between(seconds(10.5), seconds(13.4)),
    ],
    operator=[
        switch_gateway("paypal", "its fees are lower today").at(seconds(1.5)),
        switch_gateway("stripe", "paypal is in trouble").at(seconds(9.5)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *ONE_KEY],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(5.5)),
        availability(at_least=0.95, when="after"),
    ],
)
