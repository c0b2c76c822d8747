"""A batch takes what has its own business date, and nothing older.

How it happens: the query says `=` where it must say `<=`. What was committed after its day's batch was cut, or
belongs to a day on which nobody settled, is in no batch, for ever. I30 catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.settlements import spoilt
from system.seams import Seams

BUG = Bug(
    id="B150",
    title="what is older than its batch's day is never settled",
    caught_by=("I30",),
    shown_by=("days_are_settled",),
)

OLDER = """
DELETE FROM pay.settlement_lines s USING pay.settlement_batches b, pay.postings p, pay.journals j
WHERE b.batch_id = s.batch_id AND b.cut_at_us = %(cut_at_us)s AND p.posting_id = s.posting_id
    AND j.journal_id = p.journal_id AND j.business_date < b.business_date
"""
ADD_UP = """
SELECT pay.add_up(array_agg(batch_id)) FROM pay.settlement_batches WHERE cut_at_us = %(cut_at_us)s
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that drop what is older than its batch's day."""
    return spoilt(seams, reached, OLDER, ADD_UP)
