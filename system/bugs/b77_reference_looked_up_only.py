"""Whether a reference was used is looked up, and nothing keeps two requests from looking at once.

How it happens: "find the order, else create it", as in many shop plug-ins. Sent twice in turn it refuses the second;
sent twice at once it takes both. I48 and I1 catch it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B77",
    title="a unique reference is looked up before it is used, without a lock",
    caught_by=("I48",),
    shown_by=("odd_amounts",),
)

FIND = """
SELECT count(*) FROM pay.payments WHERE merchant_id = %s AND reference = %s AND status NOT IN ('failed', 'canceled')
"""
WRITE_BACK = """
WITH payment AS (UPDATE pay.payments SET reference = %s WHERE payment_id = %s RETURNING 1),
    operation AS (UPDATE pay.operations SET reference = %s WHERE operation_id = %s RETURNING 1)
SELECT count(*) FROM payment, operation
"""
THINKING_S = 0.01
"""What the code between look-up and insert costs."""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that look a creation's reference up by themselves, and insert it where the database has no say."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        named = (command.claim.merchant_id, command.reference)
        if command.kind not in ("authorize", "sale") or (await connection.fetch(FIND, named))[0]:
            return await seams.begin(connection, command)
        await asyncio.sleep(THINKING_S)
        unseen = replace(command, reference=f"{command.reference}#{command.operation_id}")
        begun = await seams.begin(connection, unseen)
        if begun.outcome == "claimed":
            ids = (command.reference, command.payment_id, command.reference, command.operation_id)
            await connection.fetch(WRITE_BACK, ids)
            if (await connection.fetch(FIND, named))[0] > 1:
                reached()
        return begun

    return replace(seams, begin=begin)
