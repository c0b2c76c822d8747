"""Whatever comes in unasked: webhooks that are forged, recorded, altered, doubled, late and in the wrong order.

Somebody sends events in the gateway's name that say the contrary of what happened, while some answers are lost and the
genuine events would decide. And now and then the gateway's own answer names an amount that was never asked for.
"""

from faults.delayed_webhooks import delayed_webhooks
from faults.duplicated_webhooks import duplicated_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.forged_webhooks import forged_webhooks
from faults.reordered_webhooks import reordered_webhooks
from faults.wrong_amount_echo import wrong_amount_echo
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, unknowns_resolved
from harness.promises import DURABILITY, INBOUND, LEDGER, TOLD, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Webhooks that nobody asked for",
    claim="A gateway's event changes something once, if it is genuine and fresh, and nothing takes a payment back.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(18)),
    faults=[
        forged_webhooks("stripe", share=0.6).between(seconds(2), seconds(15)),
        duplicated_webhooks("stripe", share=0.4).between(seconds(2), seconds(15)),
        delayed_webhooks("stripe", share=0.3, ms=2000).between(seconds(2), seconds(15)),
        reordered_webhooks("stripe", share=0.5).between(seconds(2), seconds(15)),
        execute_then_drop("stripe", share=0.15, how="hang").between(seconds(3), seconds(13)),
        wrong_amount_echo("stripe", share=0.1).between(seconds(3), seconds(13)),
    ],
    must_hold=[*INBOUND, *TOLD, *DURABILITY, *LEDGER, *UNKNOWNS],
    should_meet=[unknowns_resolved(p95=seconds(30)), availability(at_least=0.95, when="after")],
)
