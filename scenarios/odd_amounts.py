"""Shoppers from everywhere, with currencies that gateways count in their own way, and amounts at their limits.

Nothing is broken: each gateway has rules of its own, and publishes them. Halfway an operator makes paypal the first
choice, which takes far fewer currencies and others of the amounts.
"""

from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.operations import switch_gateway
from harness.promises import BOUNDARIES, IDEMPOTENCY, LEDGER, PRESENTMENT, REFERENCES
from loadtests.workloads import odd_amounts

scenario = Scenario(
    title="Currencies and amounts at the limits of what gateways take",
    claim="Each amount is the same everywhere; what no gateway takes is refused, and what one takes goes there.",
    load=odd_amounts(arrivals_per_second=12, lasting=seconds(14)),
    faults=[],
    operator=[switch_gateway("paypal", "the other gateway's rules").at(seconds(7))],
    must_hold=[*IDEMPOTENCY, *BOUNDARIES, *LEDGER, *PRESENTMENT, *REFERENCES],
    should_meet=[],
)
