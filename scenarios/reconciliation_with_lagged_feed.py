"""Answers are lost, the gateway's feed lies eight seconds behind, and somebody reconciles in the middle of it.

The feed does not show the payments in doubt. They were charged all the same: what a feed does not show yet proves
nothing, and reconciliation must wait.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.lagging_feed import lagging_feed
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered
from harness.operations import reconcile, switch_gateway
from harness.promises import AUDIT, DURABILITY, IDEMPOTENCY, LEDGER, RECONCILIATION, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Reconciling with a feed that lags",
    claim="What the feed does not show yet is not taken for undone: nothing is canceled, and the books come to agree.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(20)),
    faults=[
        dropped_webhooks("stripe").between(seconds(2), seconds(14)),
        lagging_feed("stripe", lag_s=8).between(seconds(2), seconds(14)),
        execute_then_drop("stripe", share=0.3, how="hang").between(seconds(3), seconds(11)),
        lost_answers(link="worker-to-stripe").between(seconds(3), seconds(9)),
    ],
    platform={"resolve_limit_s": "5", "reconcile_interval_s": "4", "reconcile_lag_s": "10", "feed_lag_s": "1"},
    operator=[
        reconcile("stripe").at(seconds(6)),
        reconcile("stripe").at(seconds(10)),
        switch_gateway("stripe", "still the primary").at(seconds(15)),
        reconcile("stripe").once_settled(after_s=13),
        reconcile("stripe").once_settled(after_s=1),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *RECONCILIATION, *AUDIT],
    should_meet=[recovered(within=seconds(3.5)), availability(at_least=0.95, when="after")],
)
