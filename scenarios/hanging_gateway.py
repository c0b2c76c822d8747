"""The gateway takes nearly a second for every answer, some answers break, and each process has three connections.

Slow, but not slow enough for a breaker. Whoever holds a connection or a transaction while waiting for such a gateway
takes the database away from everybody else, also from those who only want to look.
"""

from faults.delay import delay
from faults.truncated_body import truncated_body
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, unknowns_resolved
from harness.promises import BULKHEADS, DURABILITY, IDEMPOTENCY, LEDGER, ONE_KEY
from loadtests.workloads import shop_and_look

scenario = Scenario(
    title="A hanging gateway beside a small pool",
    claim="Waiting for a gateway holds neither a transaction nor a connection: reads are served as ever.",
    load=shop_and_look(arrivals_per_second=20, lasting=seconds(20)),
    faults=[
        delay("stripe", latency_ms=850, at="arrival").between(seconds(4), seconds(13)),
        truncated_body("stripe", share=0.15).between(seconds(4), seconds(13)),
    ],
    must_hold=[*IDEMPOTENCY, *DURABILITY, *LEDGER, *BULKHEADS, *ONE_KEY],
    should_meet=[unknowns_resolved(p95=seconds(30)), availability(at_least=0.95, when="after")],
    platform={"database_pool": "3"},
)
