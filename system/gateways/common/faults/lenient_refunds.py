"""``lenient_refunds``: the gateway lets more be refunded than was captured. The ledger asks for it."""

from system.gateways.common.kind import Kind

KIND = Kind(
    name="lenient_refunds",
    sentence="Refunds beyond the captured amount are accepted: no second guard behind the platform's own.",
    endpoints=frozenset({"refund"}),
)
