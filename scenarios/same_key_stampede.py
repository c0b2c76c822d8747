"""Sixteen requests for one payment, at the same moment, under one key, over both replicas.

Double clicks, impatient proxies, retrying mobile apps: the key is the only thing that makes them one payment.
A slow gateway keeps the door open long enough for all of them to push.
"""

from faults.gateway_latency import gateway_latency
from harness.core.scenario import Scenario
from harness.core.units import seconds
from harness.objectives import availability, recovered
from harness.promises import BOUNDARIES, DURABILITY, IDEMPOTENCY, LEDGER, ORDER
from loadtests.workloads import key_stampede

scenario = Scenario(
    title="Sixteen at once under one key",
    claim="One key makes one payment, however many ask for it at once.",
    load=key_stampede(arrivals_per_second=8, lasting=seconds(17.5)),
    faults=[gateway_latency("stripe", latency_ms=120, jitter_ms=40).between(seconds(3), seconds(12))],
    must_hold=[*IDEMPOTENCY, *BOUNDARIES, *DURABILITY, *LEDGER, *ORDER],
    should_meet=[recovered(within=seconds(3)), availability(at_least=0.95, when="after")],
)
