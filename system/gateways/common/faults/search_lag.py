"""``search_lag``: the search index (or the reporting feed) lies further behind than usual."""

from system.gateways.common.exchange import Exchange
from system.gateways.common.kind import Kind, Number

NAME = "search_lag"


def lag_us(exchange: Exchange, usual_s: float) -> int:
    """Return how far this request's index lies behind, in microseconds."""
    armed = exchange.fault(NAME)
    return int((usual_s if armed is None else armed.parameters["lag_s"]) * 1_000_000)


def hidden(exchange: Exchange) -> None:
    """Count that a match was withheld because it is too new."""
    armed = exchange.fault(NAME)
    if armed is not None:
        armed.hit(exchange)


KIND = Kind(
    name=NAME,
    sentence="Objects show up in search and reporting only `lag_s` after they were made.",
    endpoints=frozenset({"search"}),
    parameters={"lag_s": Number(60)},
)
