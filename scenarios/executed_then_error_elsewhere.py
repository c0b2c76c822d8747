"""The other gateway takes the money and says that it broke; so does the first one, which does not remember it.

Paypal is the first choice for a while. Its server errors come after the payment was made, and no key remembers them:
its documents say to send again, and a re-send under the same key is told what really happened. Back at stripe, which
remembers such errors for everything that it began to execute, it is a proxy before it that answers so.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_500 import execute_then_500
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered
from harness.operations import switch_gateway
from harness.promises import DURABILITY, FALLBACK, IDEMPOTENCY, LEDGER, ONE_KEY
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Executed, then an error, at the other gateway, and forgotten",
    claim="A server error is a doubt at either gateway, though no key remembers it: nothing is paid twice.",
    load=steady_checkout(payments_per_second=16, lasting=seconds(22)),
    faults=[
        dropped_webhooks("paypal").between(seconds(2.5), seconds(9)),
        execute_then_500("paypal", share=0.42, cached=False).between(seconds(3), seconds(8.5)),
        dropped_webhooks("stripe").between(seconds(10), seconds(13.4)),
        execute_then_500("stripe", share=0.2, cached=False).between(seconds(10.5), seconds(13.4)),
    ],
    operator=[
        switch_gateway("paypal", "its fees are lower today").at(seconds(1.5)),
        switch_gateway("stripe", "paypal is in trouble").at(seconds(9.5)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *FALLBACK, *ONE_KEY],
    should_meet=[
        recovered(within=seconds(5.5)),
        availability(at_least=0.95, when="after"),
    ],
)
