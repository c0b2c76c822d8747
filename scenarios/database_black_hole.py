"""For seven seconds everything that is sent to the database is swallowed, and nobody is told so.

No connection is refused, none is reset, and every byte is acknowledged. Whoever waits without a clock of their own
waits until somebody else gives up; whoever gives up too soon may pay twice.
"""

from faults.database_black_hole import database_black_hole
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import alert_clears, alert_fires, availability, drained, recovered, unknowns_resolved
from harness.promises import ANSWERED, DURABILITY, IDEMPOTENCY, LEDGER
from loadtests.workloads import steady_checkout

scenario = Scenario(
    title="The way to the database swallows everything",
    claim="Nobody waits in vain, nothing is lost or paid twice, and service is back as soon as the way is.",
    load=steady_checkout(payments_per_second=15, lasting=seconds(24)),
    faults=[database_black_hole().between(seconds(4), seconds(11))],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *ANSWERED],
    should_meet=[
        alert_fires("PaymentServiceDatabaseIssues", within=seconds(6.5)),
        alert_clears("PaymentServiceDatabaseIssues", within=seconds(5)),
        drained(within=seconds(30)),
        recovered(within=seconds(5)),
        unknowns_resolved(p95=seconds(30)),
        availability(at_least=0.95, when="after"),
    ],
)
