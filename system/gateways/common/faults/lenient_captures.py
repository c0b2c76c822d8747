"""``lenient_captures``: the gateway lets more be captured than was authorised, and again. The ledger asks for it."""

from system.gateways.common.kind import Kind

NAME = "lenient_captures"

KIND = Kind(
    name=NAME,
    sentence="Captures beyond the authorised amount, and further ones, are accepted: no second guard stands.",
    endpoints=frozenset({"capture"}),
)
