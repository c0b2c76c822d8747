"""``async_refund_fail``: a refund is accepted, and fails some time later."""

from system.gateways.common.exchange import Exchange
from system.gateways.common.kind import Kind, Number

NAME = "async_refund_fail"


def fails_after_ms(exchange: Exchange) -> float | None:
    """Return after how long this refund fails, None where it does not."""
    armed = exchange.fault(NAME)
    if armed is None:
        return None
    armed.hit(exchange)
    return float(armed.parameters["ms"])


KIND = Kind(
    name=NAME,
    sentence="The refund succeeds, then fails `ms` later: movement refund_failed and a webhook.",
    endpoints=frozenset({"refund"}),
    parameters={"ms": Number(500)},
)
