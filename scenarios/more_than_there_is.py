"""Shopkeepers ask for more than was authorised, give back more than was taken, and end one hold twice at once.

The gateways here capture and refund whatever they are asked to, as those do that have overcapture switched on. The only
guard left is the one in front of them.
"""

from faults.lenient_captures import lenient_captures
from faults.lenient_refunds import lenient_refunds
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import DURABILITY, ENDS, LEDGER, LIMITS, ORDER, REFUSALS
from loadtests.workloads import beyond_limits

scenario = Scenario(
    title="More than there is",
    claim="Nobody takes more than was agreed to or gives back more than was taken, and each hold ends once.",
    load=beyond_limits(arrivals_per_second=9, lasting=seconds(14)),
    faults=[
        lenient_captures("stripe").between(seconds(0.5), seconds(13.5)),
        lenient_refunds("stripe").between(seconds(0.5), seconds(13.5)),
    ],
    must_hold=[*LIMITS, *ENDS, *REFUSALS, *DURABILITY, *LEDGER, *ORDER],
    should_meet=[availability(at_least=0.99, when="during")],
)
