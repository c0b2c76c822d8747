"""The key is claimed by SELECT and then INSERT, and no unique index stands behind it.

How it happens: "look whether we know the key, else insert it" reads well, passes every sequential test, and the index
was left for a later migration. Between the two statements every parallel request sees nothing. I8 and I1 catch it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B03",
    title="the key is claimed by SELECT then INSERT, without a unique index",
    caught_by=("I8", "I1"),
    shown_by=("same_key_stampede",),
)

FIND = """
SELECT count(*), min(scope) FROM pay.idempotency_keys
WHERE merchant_id = %s AND livemode = %s AND idempotency_key = %s
"""

THINKING_S = 0.005
"""What the code between check and insert costs (validation, another query)."""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose claim cannot collide: each insert has a scope of its own, as without the index."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        claim = command.claim
        identity = (claim.merchant_id, claim.livemode, claim.key)
        count, scope = await connection.fetch(FIND, identity)
        if count:
            return await seams.begin(connection, replace(command, claim=replace(claim, scope=scope)))
        await asyncio.sleep(THINKING_S)
        unindexed = replace(claim, scope=f"{claim.scope}#{claim.owner}")
        begun = await seams.begin(connection, replace(command, claim=unindexed))
        count, _ = await connection.fetch(FIND, identity)
        if begun.outcome == "claimed" and count > 1:
            reached()
        return begun

    return replace(seams, begin=begin)
