"""For some seconds no answer of the gateway comes back: every payment is made, and its sender never hears of it.

Nothing but a link is broken, so this can be asked of any payment system (`--target remote`).
"""

from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.invariants import pick
from harness.objectives import availability, recovered
from harness.promises import IDEMPOTENCY
from loadtests.workloads import plain_checkout

scenario = Scenario(
    title="The gateway's answers are lost on the way",
    claim="Whoever asks again after a lost answer pays once, and the books know every charge.",
    load=plain_checkout(payments_per_second=12, lasting=seconds(20)),
    faults=[lost_answers("stripe").between(seconds(4), seconds(9))],
    must_hold=[*IDEMPOTENCY, *pick("I2", "I3", "I4", "I5", "I9", "I14", "I37")],
    should_meet=[recovered(within=seconds(8.5)), availability(at_least=0.95, when="after")],
)
