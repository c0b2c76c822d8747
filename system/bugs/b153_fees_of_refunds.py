"""A refund costs the merchant the fee of a sale once more.

How it happens: the fee is a column of the line, filled for all kinds alike. The contract
knows a fee for captures only. I30 catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.settlements import spoilt
from system.seams import Seams

BUG = Bug(
    id="B153",
    title="refunds are charged the fee of a capture",
    caught_by=("I30",),
    shown_by=("days_are_settled",),
)

LINES = """
UPDATE pay.settlement_lines s SET fee_minor = div(abs(s.amount_minor) * b.rate_bp + 5000, 10000)::bigint + b.fixed_minor
FROM pay.settlement_batches b
WHERE b.batch_id = s.batch_id AND b.cut_at_us = %(cut_at_us)s AND s.kind = 'refund'
"""
ADD_UP = """
SELECT pay.add_up(array_agg(batch_id)) FROM pay.settlement_batches WHERE cut_at_us = %(cut_at_us)s
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that take a fee for refunds."""
    return spoilt(seams, reached, LINES, ADD_UP)
