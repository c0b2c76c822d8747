"""``feed_lag``: the transaction feed lies further behind than usual. The feeds ask for it."""

from system.gateways.common.kind import Kind, Number

NAME = "feed_lag"

KIND = Kind(
    name=NAME,
    sentence="Transactions show up in the feed only `lag_s` after they happened.",
    endpoints=frozenset({"feed", "search"}),
    parameters={"lag_s": Number(60)},
)
