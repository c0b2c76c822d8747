"""The gateway takes the money and says that it broke: a server error, half an answer, a wrong sum, a busy key.

Each of these is an answer, and none of them says that nothing happened. Stripe remembers its errors: the key goes on
saying 500 about a charge that exists. No webhook tells, and the search lies behind.
"""

from faults.delay import delay
from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_500 import execute_then_500
from faults.in_use import in_use
from faults.lagging_search import lagging_search
from faults.truncated_body import truncated_body
from faults.wrong_amount_echo import wrong_amount_echo
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import alert_clears, alert_fires, availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, ONE_KEY, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Executed, then an error",
    claim="An error that came as an answer is a doubt: it is asked about under its own key, and nothing is paid twice.",
    load=steady_checkout(payments_per_second=16, lasting=seconds(22)),
    faults=[
        dropped_webhooks("stripe").between(seconds(3), seconds(13)),
        lagging_search("stripe", lag_s=8).between(seconds(3), seconds(14)),
        execute_then_500("stripe", share=0.15).between(seconds(3), seconds(6)),
        truncated_body("stripe", share=0.15).between(seconds(6.5), seconds(8)),
        wrong_amount_echo("stripe", share=0.15).between(seconds(8.5), seconds(10)),
        in_use("stripe", share=0.15, at="after").between(seconds(10.5), seconds(12)),
        delay("stripe", share=0.3, latency_ms=900, at="mid").between(seconds(12.2), seconds(13.4)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *ONE_KEY],
    should_meet=[
        alert_fires("PaymentServiceGatewayFailure", within=seconds(7)),
        alert_clears("PaymentServiceGatewayFailure", within=seconds(7)),
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(5.5)),
        availability(at_least=0.95, when="after"),
    ],
)
