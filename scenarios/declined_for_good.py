"""After a quiet while the issuer says no to nearly every card that one gateway shows it; the other gateway is well.

A decline is an answer about the card. It is not carried elsewhere, and it does not make the gateway ill. All the while
there are cards that only one gateway declines, by its own rules against fraud, and the other would take. Later some
cards are declined with "try again": those may be tried at the other gateway.
"""

from faults.decline_storm import decline_storm
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import CARD_RULES, DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import cards_declined_by_one

scenario = Scenario(
    title="Declined for good",
    claim="A hard decline ends the payment: no other gateway is asked, and no breaker opens for it.",
    load=cards_declined_by_one(arrivals_per_second=18, lasting=seconds(24)),
    faults=[
        decline_storm("stripe", share=0.95).between(seconds(4), seconds(13)),
        decline_storm("stripe", share=0.5, retryable=True).between(seconds(16), seconds(18)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *CARD_RULES],
    should_meet=[availability(at_least=0.95, when="after")],
)
