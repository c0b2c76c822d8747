"""The gateway's webhook is the only one who knows.

The answer is lost, and so is the answer to whoever asks again or looks it up. What is left is an event that comes while
nobody is sure yet whether the call is over, so it has to wait its turn, and that comes three times.
"""

from faults.duplicated_webhooks import duplicated_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import DURABILITY, EVENTS, LEDGER, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="A webhook is the only evidence",
    claim="An event that was accepted decides its payment within seconds, once, though nobody else could.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(24)),
    faults=[
        execute_then_drop("stripe", share=0.3, how="hang").between(seconds(3), seconds(11)),
        lost_answers(link="worker-to-stripe").between(seconds(2), seconds(22)),
        duplicated_webhooks("stripe", share=0.6).between(seconds(2), seconds(20)),
    ],
    must_hold=[*EVENTS, *DURABILITY, *LEDGER, *UNKNOWNS],
    should_meet=[availability(at_least=0.95, when="after")],
)
