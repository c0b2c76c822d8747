"""The merchant's leg of a capture goes to another merchant's account.

How it happens: the account's name is made once and kept, in a cache without the merchant in its key or in a variable
of the enclosing loop. Each journal balances, the clearing accounts agree with the gateways, and one merchant is paid
what others sold. I51 catches it.
"""

from collections.abc import Callable

from system.bugs.bug import Bug
from system.bugs.owners import booked_as
from system.seams import Seams

BUG = Bug(
    id="B86",
    title="captures are credited to another merchant",
    caught_by=("I51",),
    shown_by=("calm",),
)

OTHERS_CAPTURE = """
SELECT coalesce(max(o.operation_id), ''), coalesce(max(o.merchant_id), ''), coalesce(max(first.merchant_id), '')
FROM (SELECT min(merchant_id) AS merchant_id FROM pay.merchants) first
    JOIN pay.gateway_attempts a ON a.attempt_id = %s AND a.state <> 'succeeded'
    JOIN pay.operations o ON o.operation_id = a.operation_id AND o.merchant_id <> first.merchant_id
WHERE o.kind IN ('sale', 'capture')
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every capture is booked as the first merchant's."""
    return booked_as(seams, reached, OTHERS_CAPTURE)
