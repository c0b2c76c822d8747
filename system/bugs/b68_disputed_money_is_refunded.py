"""A disputed payment is refunded as well: its shopper gets the money twice.

How it happens: what is left to refund is captured less refunded, and disputes are kept in another service. Support
refunds the customer who complains, and the bank, which has the money already, does not give it back. I13 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B68",
    title="a disputed payment is refunded as well",
    caught_by=("I13",),
    shown_by=("refunds_taken_back",),
)

LOOK_AWAY = """
WITH was AS (
    SELECT payment_id, disputed_minor FROM pay.payments WHERE payment_id = %s AND disputed_minor > 0 FOR UPDATE
), looked AS (
    UPDATE pay.payments p SET disputed_minor = 0 FROM was WHERE p.payment_id = was.payment_id RETURNING 1
) SELECT coalesce((SELECT disputed_minor FROM was), 0), (SELECT count(*) FROM looked)
"""
LOOK_BACK = "UPDATE pay.payments SET disputed_minor = %s WHERE payment_id = %s"


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that look away from disputes while a refund is begun."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        if command.kind != "refund":
            return await seams.begin(connection, command)
        async with connection.transaction():
            disputed_minor, looked_away = await connection.fetch(LOOK_AWAY, (command.payment_id,))
            begun = await seams.begin(connection, command)
            if looked_away:
                reached()
                await connection.execute(LOOK_BACK, (disputed_minor, command.payment_id))
        return begun

    return replace(seams, begin=begin)
