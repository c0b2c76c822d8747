"""For eight seconds nobody hears anything of the gateway: no answers, no lookups, no webhooks. It goes on charging.

By the time it is heard again, people have the payments in doubt on their desk. Only the gateway's transaction feed
tells what became of them, and at first it has gaps. Reconciliation adopts what was charged, gives back what was
charged beside a fallback, and does not take a missing row for an answer.
"""

from faults.dropped_webhooks import dropped_webhooks
from faults.execute_then_drop import execute_then_drop
from faults.false_declines import false_declines
from faults.incomplete_feed import incomplete_feed
from faults.lost_answers import lost_answers
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered
from harness.operations import disable_fallback, enable_fallback, find_stuck, reconcile
from harness.promises import AUDIT, DURABILITY, IDEMPOTENCY, LEDGER, RECONCILIATION, UNKNOWNS
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The books agree again after a blackout",
    claim="Whatever nobody heard of, reconciliation brings the books together again, and makes nothing worse.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(21.5)),
    faults=[
        false_declines("stripe", share=0.15).between(seconds(2), seconds(12)),
        dropped_webhooks("stripe").between(seconds(2), seconds(12)),
        execute_then_drop("stripe", share=0.3, how="hang").between(seconds(3), seconds(11)),
        lost_answers(link="worker-to-stripe").between(seconds(3), seconds(12)),
        incomplete_feed("stripe", missing_share=0.2).between(seconds(12), seconds(16)),
    ],
    platform={"resolve_limit_s": "4", "reconcile_interval_s": "3", "reconcile_lag_s": "2", "feed_lag_s": "1"},
    operator=[
        find_stuck().at(seconds(9)),
        reconcile("stripe", dry_run=True).at(seconds(14)),
        disable_fallback().at(seconds(17)),
        enable_fallback().at(seconds(18)),
        reconcile("stripe").once_settled(after_s=5),
        reconcile("paypal").once_settled(),
        reconcile("stripe").once_settled(after_s=5),
        reconcile("paypal").once_settled(),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *UNKNOWNS, *RECONCILIATION, *AUDIT],
    should_meet=[recovered(within=seconds(3)), availability(at_least=0.95, when="after")],
)
