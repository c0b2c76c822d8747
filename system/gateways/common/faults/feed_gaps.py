"""``feed_gaps``: rows are missing from the transaction feed. The feeds ask for it."""

from system.gateways.common.kind import Kind, Number

NAME = "feed_gaps"

KIND = Kind(
    name=NAME,
    sentence="A seeded `missing_share` of the feed's rows is left out, the same rows at every reading.",
    endpoints=frozenset({"feed", "search"}),
    parameters={"missing_share": Number(0.3, 0, 1)},
)
