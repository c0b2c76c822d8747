"""A refund is taken from another merchant's account than the one that was paid.

How it happens: the refund is booked against the account that the payout run happens to be at, or whoever maps payments
to accounts looks at the last digits of a reference. The clearing accounts agree with the gateways to the cent. I51
catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.owners import booked_as
from system.seams import Seams

BUG = Bug(
    id="B87",
    title="refunds are debited to another merchant",
    caught_by=("I51",),
    shown_by=("calm",),
)

NEIGHBOUR = """
SELECT coalesce(max(o.operation_id), ''), coalesce(max(o.merchant_id), ''), coalesce(max(m.merchant_id), '')
FROM pay.gateway_attempts a JOIN pay.operations o USING (operation_id)
    JOIN pay.merchants m ON m.merchant_id = (
        SELECT coalesce(min(n.merchant_id) FILTER (WHERE n.merchant_id > o.merchant_id), min(n.merchant_id))
        FROM pay.merchants n)
WHERE a.attempt_id = %s AND a.state <> 'succeeded' AND o.kind = 'refund'
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every refund is booked as the next merchant's."""
    return booked_as(seams, reached, NEIGHBOUR)
