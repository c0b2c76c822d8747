"""Three weeks pass: each day closes by its merchant's own clock, and what was earned becomes batches.

Shoppers pay and get money back meanwhile. The application's time is moved over cut-offs, weekends and holidays, so that
whole days close at once, reserves fall due, and nobody sleeps.
"""

from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.operations import move_clock
from harness.promises import IDEMPOTENCY, LEDGER, SETTLEMENT
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="Days are settled by their merchants' clocks",
    claim="Every transaction is in exactly one batch, of its business date or a later one, and the sums are right.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(24)),
    operator=[
        move_clock(days=4).at(seconds(8)),
        move_clock(days=9).at(seconds(16)),
        move_clock(days=13).once_settled(),
        move_clock(days=25).once_settled(after_s=3),
    ],
    must_hold=[*IDEMPOTENCY, *LEDGER, *SETTLEMENT],
)
