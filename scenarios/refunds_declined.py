"""The gateway has no money to refund from: half of all refunds are declined, and shopkeepers ask again.

What was declined has given nothing back, so all of it can still be refunded.
"""

from faults.refunds_declined import refunds_declined
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.promises import DURABILITY, LEDGER, REFUNDS, REFUSALS
from loadtests.workloads import refunds_in_turn

scenario = Scenario(
    title="Declined refunds",
    claim="A declined refund reserves nothing: the next one is refused only where the money is really gone.",
    load=refunds_in_turn(arrivals_per_second=10, lasting=seconds(13)),
    faults=[refunds_declined("stripe", share=0.5).between(seconds(2), seconds(10))],
    must_hold=[*REFUNDS, *REFUSALS, *DURABILITY, *LEDGER],
    should_meet=[],
)
