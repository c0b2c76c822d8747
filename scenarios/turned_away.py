"""The gateway turns callers away in every way it knows, before it has executed anything.

Connections are reset as they are made, requests before they are read, others read and lost; some are told to come back
later, some that their key is busy. One merchant alone meets an outage. Only who wrote nothing may go elsewhere.
"""

from faults.drop_before_execute import drop_before_execute
from faults.in_use import in_use
from faults.partial_outage import partial_outage
from faults.refuse import refuse
from faults.reset_before_read import reset_before_read
from faults.too_many_requests import too_many_requests
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER, ONE_KEY, RETRIES, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Turned away before anything was executed",
    claim="Whoever is turned away asks again under the same key, within the budget, and no payment is made twice.",
    load=steady_checkout(payments_per_second=16, lasting=seconds(28)),
    faults=[
        reset_before_read("stripe", share=0.3).between(seconds(3), seconds(4.5)),
        drop_before_execute("stripe", share=0.3).between(seconds(6), seconds(7.5)),
        too_many_requests("stripe", share=0.3).between(seconds(8.5), seconds(10)),
        in_use("stripe", share=0.3).between(seconds(11), seconds(12.5)),
        refuse("stripe").between(seconds(13.5), seconds(14.5)),
        # The breaker that the refusals opened is closed again by then: one merchant's outage opens none.
        partial_outage("stripe", merchants="m_alpha").between(seconds(19), seconds(21)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *ONE_KEY, *RETRIES],
    should_meet=[
        unknowns_resolved(p95=seconds(30)),
        recovered(within=seconds(4.5)),
        availability(at_least=0.95, when="after"),
    ],
)
