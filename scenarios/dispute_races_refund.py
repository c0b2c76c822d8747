"""Shoppers dispute what their merchant is refunding at that moment. Some win, some lose, some only asked.

Events about it come twice, late and in the wrong order: `created` after `closed`, and a reinstatement before its
withdrawal. Whatever a dispute and a refund take of one payment, together they take no more than was captured.
"""

from faults.delayed_webhooks import delayed_webhooks
from faults.disputes import disputes
from faults.duplicated_webhooks import duplicated_webhooks
from faults.reordered_webhooks import reordered_webhooks
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability
from harness.operations import reconcile
from harness.promises import DISPUTES, DURABILITY, LEDGER, TOLD
from loadtests.workloads import disputed_while_refunded

scenario = Scenario(
    title="Disputes race refunds",
    claim="A disputed payment gives back what was captured once, by whichever way comes first, and never twice.",
    load=disputed_while_refunded(arrivals_per_second=10, lasting=seconds(20)),
    faults=[
        disputes("stripe", share=0.6, after_ms=300, decided_after_ms=1200, won_share=0.5, inquiry_share=0.3).between(
            seconds(1), seconds(15)
        ),
        duplicated_webhooks("stripe", share=0.3).between(seconds(1), seconds(19)),
        reordered_webhooks("stripe", share=0.4).between(seconds(1), seconds(19)),
        delayed_webhooks("stripe", share=0.2, ms=2500).between(seconds(1), seconds(19)),
    ],
    platform={"reconcile_lag_s": "2", "feed_lag_s": "1"},
    operator=[reconcile("stripe").once_settled(after_s=4)],
    must_hold=[*DISPUTES, *DURABILITY, *LEDGER, *TOLD],
    should_meet=[availability(at_least=0.99, when="during")],
)
