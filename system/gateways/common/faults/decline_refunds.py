"""``decline_refunds``: the account has no money to refund from. The ledger asks for it."""

from system.gateways.common.kind import Kind

NAME = "decline_refunds"

KIND = Kind(
    name=NAME,
    sentence="Refunds are refused for want of funds in the account; nothing moves.",
    endpoints=frozenset({"refund"}),
)
