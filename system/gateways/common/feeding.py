"""What of its books a gateway has published in its transaction feed by now: not the newest, and not always all."""

from collections.abc import Callable, Iterable, Iterator

from system.gateways.common.armed import ArmedFault
from system.gateways.common.exchange import Exchange
from system.gateways.common.faults import feed_gaps, feed_lag
from system.gateways.common.rows import Row


def published(
    exchange: Exchange, rows: Iterable[Row], made_us: Callable[[Row], int], *, now_us: int, usual_lag_s: float
) -> Iterator[Row]:
    """Yield the rows that this reading shows; a planted lag or gap that withholds one counts as a hit."""
    lagging, gappy = exchange.fault(feed_lag.NAME), exchange.fault(feed_gaps.NAME)
    lag_s = usual_lag_s if lagging is None else lagging.parameters["lag_s"]
    newest_us = now_us - int(lag_s * 1_000_000)
    for row in rows:
        if made_us(row) > newest_us:
            _count(lagging, exchange)
            lagging = None
        elif missing(row["id"], exchange):
            _count(gappy, exchange)
            gappy = None
        else:
            yield row


def missing(row_id: str, exchange: Exchange) -> bool:
    """Tell whether a planted gap leaves this row out, for as long as it is planted."""
    armed = exchange.fault(feed_gaps.NAME)
    return armed is not None and armed.roll("row", row_id) < armed.parameters["missing_share"]


def _count(armed: ArmedFault | None, exchange: Exchange) -> None:
    """Count the first row that a fault withholds from a reading; the others are the same bite."""
    if armed is not None:
        armed.hit(exchange)
