"""Every event about disputes is lost. The money is gone at the gateway all the same, and some of it comes back.

Who reads the gateway's list of disputes finds them: each is booked once, whether it is still open or long decided.
"""

from faults.disputes import disputes
from faults.dropped_webhooks import dropped_webhooks
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.operations import reconcile
from harness.promises import DISPUTES, DURABILITY, LEDGER
from loadtests.workloads import disputed_while_refunded

scenario = Scenario(
    title="Nobody hears of the disputes",
    claim="What no event told of a dispute, reconciliation finds: its withdrawal, its fee, its end.",
    load=disputed_while_refunded(arrivals_per_second=10, lasting=seconds(18)),
    faults=[
        disputes("stripe", share=0.5, after_ms=400, decided_after_ms=1500, won_share=0.5, inquiry_share=0.3).between(
            seconds(1), seconds(13)
        ),
        dropped_webhooks("stripe").between(seconds(0.5), seconds(17.5)),
    ],
    platform={"reconcile_interval_s": "3", "reconcile_lag_s": "2", "feed_lag_s": "1"},
    operator=[reconcile("stripe").once_settled(after_s=4), reconcile("stripe").once_settled(after_s=1)],
    must_hold=[*DISPUTES, *DURABILITY, *LEDGER],
    should_meet=[availability(at_least=0.99, when="during")],
)
