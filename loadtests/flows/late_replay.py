"""A request that is sent again long after it was answered: still the first reply, byte for byte, and nothing else."""

from msgspec.structs import replace

from loadtests.cards import DECLINED_CARD
from loadtests.operations import Operation
from loadtests.plan import Arrival
from loadtests.session import Session

LATE_S = 12.0
"""Longer than caches that were made for double clicks, and than the lease of a key."""


def run(session: Session, arrival: Arrival) -> None:
    """Pay, be declined or refund; then wait, and send the same bytes under the same key to another replica.

    Arrivals that come too late in the load to wait replay at once.
    """
    first = _first(session, arrival)
    left_s = session.job.duration_s - arrival.offset_us / 1e6
    if left_s > LATE_S + 1:
        session.around.sleep(LATE_S)
    again = session.draft(first.kind, first.path, first.body)
    replica = (first.replica + 1) % len(session.job.api_urls)
    session.perform(replace(first, op=again.op, correlation_id=again.correlation_id, replica=replica))


def _first(session: Session, arrival: Arrival) -> Operation:
    """Send the first request, and what it needs before it; return it."""
    what = arrival.choose("late", 3)
    if what == 0:
        return session.create(payment_method=DECLINED_CARD, expect="decline").operation
    sale = session.create()
    if what == 1 or not sale.ok or sale.payment_id is None:
        return sale.operation
    return session.refund(sale.payment_id, session.part(0.5)).operation
