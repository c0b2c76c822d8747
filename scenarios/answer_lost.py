"""The gateway takes the money, but its answer never reaches us.

The most expensive moment in payments: the charge exists, and nobody here knows. For a while even asking again goes
unanswered, and the gateway's search lags behind its own ledger.
"""

from faults.execute_then_drop import execute_then_drop
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The gateway's answer is lost",
    claim="A lost answer may delay a payment. It never repeats one, and never loses one.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[
        execute_then_drop("stripe", share=0.25).between(seconds(3), seconds(14)),
        lost_answers(link="worker-to-stripe").between(seconds(4), seconds(9)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS],
    should_meet=[unknowns_resolved(p95=seconds(30)), recovered(within=seconds(10))],
)
