"""One merchant's endpoint is difficult: it redirects, errs, hangs, dawdles and hangs up, most of the time.

Its events are tried again until it says that it has them, and no payment fails for it.
"""

from faults.endpoint_closes import endpoint_closes
from faults.endpoint_errors import endpoint_errors
from faults.endpoint_hangs import endpoint_hangs
from faults.endpoint_redirects import endpoint_redirects
from faults.endpoint_slow import endpoint_slow
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.promises import LEDGER, RECEIPTS, TOLD, WEBHOOKS
from loadtests.workloads import steady_checkout

TROUBLED = "m_gamma"

scenario = Scenario(
    title="A difficult merchant's endpoint",
    claim="Only a receipt ends the tries to deliver an event, and what a merchant reads is what happened.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(16)),
    faults=[
        endpoint_redirects(TROUBLED, share=0.25).between(seconds(2), seconds(14)),
        endpoint_errors(TROUBLED, share=0.25).between(seconds(2), seconds(14)),
        endpoint_closes(TROUBLED, share=0.25).between(seconds(2), seconds(14)),
        endpoint_hangs(TROUBLED, share=0.25).between(seconds(2), seconds(14)),
        endpoint_slow(TROUBLED, share=0.5, ms=1000).between(seconds(2), seconds(14)),
    ],
    must_hold=[*RECEIPTS, *WEBHOOKS, *TOLD, *LEDGER],
    should_meet=[availability(at_least=0.999, when="during")],
)
