"""Eight refunds of one payment at once, together more than was paid.

The gateways here refund whatever they are asked to. The only guard left is the one in front of them.
"""

from faults.lenient_refunds import lenient_refunds
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import DURABILITY, LEDGER, ORDER, REFUNDS
from loadtests.workloads import refund_rush

scenario = Scenario(
    title="More refunds than money",
    claim="Refunds never exceed what was captured, however many are asked for at once.",
    load=refund_rush(arrivals_per_second=8, lasting=seconds(15)),
    faults=[
        lenient_refunds("stripe").between(seconds(0.5), seconds(14.5)),
    ],
    must_hold=[*REFUNDS, *DURABILITY, *LEDGER, *ORDER],
    should_meet=[availability(at_least=0.99, when="during")],
)
