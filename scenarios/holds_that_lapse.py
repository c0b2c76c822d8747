"""Authorisations lapse before they are captured: some expire, some the gateway lets go of. Events about it are lost.

A capture of a hold that is gone is refused with the reason. What no event told is asked for, once the hold's time is
over.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.hold_expiry import hold_expiry
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import DURABILITY, HOLDS, LEDGER, WEBHOOKS
from loadtests.workloads import late_captures

scenario = Scenario(
    title="Holds lapse before they are captured",
    claim="A hold that is gone is known to be gone, its merchant is told, and nothing is captured of it.",
    load=late_captures(arrivals_per_second=14, lasting=seconds(20)),
    faults=[
        hold_expiry("stripe", share=0.5, after_ms=900).between(seconds(2), seconds(9)),
        hold_expiry("stripe", share=0.5, after_ms=900, how="cancel").between(seconds(10), seconds(16)),
        dropped_webhooks("stripe", share=0.4).between(seconds(4), seconds(17)),
    ],
    platform={"hold_validity_s": "3"},
    must_hold=[*HOLDS, *DURABILITY, *LEDGER, *WEBHOOKS],
    should_meet=[availability(at_least=0.99, when="during")],
)
