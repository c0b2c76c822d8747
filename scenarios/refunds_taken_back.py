"""Refunds that were accepted fail later, and shoppers' banks dispute what was sold. Events about it are lost.

The gateways here refund whatever they are asked to, so a payment that is disputed and refunded pays out twice unless
the platform refuses. What no event told, reconciliation finds in the feed.
"""

from faults.async_refund_fail import async_refund_fail
from faults.dropped_webhooks import dropped_webhooks
from faults.lenient_refunds import lenient_refunds
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.operations import reconcile
from harness.promises import DURABILITY, LEDGER, TAKEN_BACK
from loadtests.workloads import taken_back

scenario = Scenario(
    title="Refunds fail after they were accepted, and shoppers dispute what they bought",
    claim="What a gateway takes back is booked back and told, may be refunded again, and is never given back twice.",
    load=taken_back(arrivals_per_second=14, lasting=seconds(20)),
    faults=[
        async_refund_fail("stripe", share=0.6, after_ms=600).between(seconds(2), seconds(14)),
        lenient_refunds("stripe").between(seconds(0.5), seconds(19)),
        dropped_webhooks("stripe", share=0.2).between(seconds(6), seconds(14)),
    ],
    platform={"reconcile_interval_s": "2", "reconcile_lag_s": "2", "feed_lag_s": "1"},
    operator=[reconcile("stripe").once_settled(after_s=4)],
    must_hold=[*TAKEN_BACK, *DURABILITY, *LEDGER],
    should_meet=[availability(at_least=0.99, when="during")],
)
