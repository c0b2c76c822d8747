"""One trouble after another at the primary gateway: resets, a crawling link, a storm of declines, gibberish.

None of them is an outage, and each looks a little like one. A decline is an answer, and gibberish is none.
"""

from faults.connection_resets import connection_resets
from faults.decline_storm import decline_storm
from faults.malformed_replies import malformed_replies
from faults.slow_link import slow_link
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="One trouble after another",
    claim="Whatever the gateway's trouble is called, no payment is made twice, and none is lost.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(24)),
    faults=[
        connection_resets("stripe").between(seconds(3), seconds(5)),
        slow_link("api*-to-stripe", kilobytes_per_s=1).between(seconds(7), seconds(9)),
        decline_storm("stripe", share=0.8).between(seconds(12), seconds(14)),
        malformed_replies("stripe", share=0.3).between(seconds(15), seconds(17)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER],
    should_meet=[
        recovered(within=seconds(4.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
