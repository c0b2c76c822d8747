"""The idempotency key's row is written after the charge, and an error of that store is swallowed.

How it happens: idempotency is added as a response cache ("save the reply under the key"), so nothing claims the key
while the first request is at the gateway; and since "the cache must never fail a payment", its errors are ignored.
Two concurrent requests, or a crash between charge and store, charge twice. I8 and I1 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from psycopg import errors

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B02",
    title="the idempotency row is written after the charge, and errors of the store are swallowed",
    caught_by=("I8", "I1"),
    shown_by=("same_key_stampede",),
)

STORED = "SELECT count(*) FROM pay.idempotency_keys WHERE scope = %s AND livemode = %s AND idempotency_key = %s"
PUBLISH = "UPDATE pay.idempotency_keys SET scope = merchant_id WHERE key_id = %s RETURNING key_id"


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a claim is invisible until the reply is stored."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        claim = command.claim
        row = await connection.fetch(STORED, (claim.scope, claim.livemode, claim.key))
        if row[0]:
            return await seams.begin(connection, command)
        return await seams.begin(connection, replace(command, claim=replace(claim, scope=f"unwritten:{claim.owner}")))

    async def record(connection: Connection, command: Record) -> Recorded:
        recorded = await seams.record(connection, command)
        if command.reply is not None and recorded.reply_stored:
            try:
                await connection.fetch(PUBLISH, (command.reply.key_id,))
            except errors.UniqueViolation:
                reached()
        return recorded

    return replace(seams, begin=begin, record=record)
