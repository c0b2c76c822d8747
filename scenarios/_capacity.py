"""The default matrix of `faultline capacity --under defaults`: one thing gone or slow; the last must carry nothing.

With `api_killed` the load goes to the other replica alone, as a load balancer would have it: what is asked is how much
is left, and not how many requests found nobody.
"""

from collections.abc import Mapping

from faults.api_killed import api_killed
from faults.database_latency import database_latency
from faults.gateway_down import gateway_down
from faults.gateway_latency import gateway_latency
from faults.replication_cut import replication_cut
from harness.capacity.cases import Case

CASES: Mapping[str, Case] = {
    item.name: item
    for item in (
        Case(
            "gateway_slow",
            "one gateway answers 100 ms later",
            (gateway_latency("stripe", latency_ms=100, jitter_ms=20),),
        ),
        Case("gateway_gone", "one gateway gone", (gateway_down("stripe"),)),
        Case("replica_gone", "one API replica gone", (api_killed("api1"),), replicas=("api2",)),
        Case("standby_gone", "one standby gone", (replication_cut(standbys="one"),)),
        Case("database_slow", "the database answers 20 ms later", (database_latency(latency_ms=20, jitter_ms=5),)),
        Case("standbys_gone", "all standbys gone", (replication_cut(standbys="all"),), must_be_none=True),
    )
}

FEWER: Mapping[int, Case] = {
    1: Case("replicas_1", "1 API replica", (api_killed("api1"),), replicas=("api2",), of_replicas=1),
}
"""How to have that many API replicas of the two that there are."""
