"""A batch's fee is reckoned from its sum, and each line shows its own.

How it happens: rounding once is "more exact"; the statement's lines and its total then differ by some cents, in every
batch. I30 catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.settlements import spoilt
from system.seams import Seams

BUG = Bug(
    id="B152",
    title="a batch's fees are rounded once and not line by line",
    caught_by=("I30",),
    shown_by=("days_are_settled",),
)

FEES = """
WITH total AS (
    SELECT b.batch_id, div(b.captures_minor * b.rate_bp + 5000, 10000)::bigint + b.fixed_minor * (
        SELECT count(*) FROM pay.settlement_lines s WHERE s.batch_id = b.batch_id AND s.kind = 'capture') AS fees
    FROM pay.settlement_batches b WHERE b.cut_at_us = %(cut_at_us)s
)
UPDATE pay.settlement_batches b SET fees_minor = t.fees, net_minor = b.net_minor + b.fees_minor - t.fees
FROM total t WHERE t.batch_id = b.batch_id AND t.fees <> b.fees_minor
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose batches round their fees once."""
    return spoilt(seams, reached, FEES)
