"""Refunds read what is left, think, and write back: concurrent ones overwrite each other.

How it happens: `payment = load(); if payment.refundable >= amount: payment.reserved += amount; save(payment)` in an ORM
writes absolute values. Each of eight parallel refunds sees the same rest, and the last writer wins. Every row looks
fine; the gateway's ledger does not. I13 catches it there.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B19",
    title="lost update on concurrent refunds",
    caught_by=("I13",),
    shown_by=("refund_stampede",),
)

READ = "SELECT coalesce(max(refund_reserved_minor), 0) FROM pay.payments WHERE payment_id = %s"

WRITE_BACK = """
WITH lost AS (
    UPDATE pay.payments SET refund_reserved_minor = greatest(%s, refunded_minor)
    WHERE payment_id = %s AND refund_reserved_minor > greatest(%s, refunded_minor)
      AND status IN ('captured', 'partially_captured', 'partially_refunded')
    RETURNING 1
) SELECT count(*) FROM lost
"""

KEEP_CHECKS = """
WITH mine AS (
    SELECT a.payment_id, a.amount_minor FROM pay.gateway_attempts a JOIN pay.operations o USING (operation_id)
    WHERE a.attempt_id = %s AND o.kind = 'refund' AND a.state IN ('prepared', 'dispatched', 'unknown', 'manual')
), kept AS (
    UPDATE pay.payments p
    SET refund_reserved_minor = greatest(p.refund_reserved_minor, mine.amount_minor),
        refunded_minor = least(
            p.refunded_minor, greatest(p.refund_reserved_minor, mine.amount_minor) - mine.amount_minor)
    FROM mine WHERE p.payment_id = mine.payment_id
    RETURNING 1
) SELECT count(*) FROM kept
"""
"""The same stale absolute write when the refund ends, so that no CHECK of the row ever notices."""

THINKING_S = 0.02


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a refund writes back what it read some time ago."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        if command.kind == "refund" and command.gateway is not None:
            (seen,) = await connection.fetch(READ, (command.payment_id,))
            await asyncio.sleep(THINKING_S)
            (lost,) = await connection.fetch(WRITE_BACK, (seen, command.payment_id, seen))
            if lost:
                reached()
        return await seams.begin(connection, command)

    async def record(connection: Connection, command: Record) -> Recorded:
        if command.state in {"succeeded", "declined", "not_executed"}:
            await connection.fetch(KEEP_CHECKS, (command.attempt_id,))
        return await seams.record(connection, command)

    return replace(seams, begin=begin, record=record)
