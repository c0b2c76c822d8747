"""The primary's disk is full in the middle of the day. The server ends, and its standby takes over.

What was acknowledged is on the standby. The old primary comes back when there is room again.
"""

from faults.disk_full import disk_full
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.invariants import pick
from harness.objectives import availability, drained, recovered, rpo, unknowns_resolved
from harness.promises import DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The database's disk is full",
    claim="A full disk costs seconds. It costs no payment that was acknowledged.",
    load=steady_checkout(payments_per_second=20, lasting=seconds(24)),
    faults=[disk_full().between(seconds(5), seconds(14))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *pick("I37")],
    should_meet=[
        rpo(payments=0),
        drained(within=seconds(30)),
        recovered(within=seconds(7.5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
    platform={"database_wal_mb": "256"},
)
