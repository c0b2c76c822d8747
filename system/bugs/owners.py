"""Books a success as another merchant's, for the planted bugs about whose money it is."""

from collections.abc import Callable
from dataclasses import replace

from system.seams import Seams
from system.store.connection import Connection
from system.store.record import Record, Recorded

_OWN = "UPDATE pay.operations SET merchant_id = %s WHERE operation_id = %s RETURNING 1"


def booked_as(seams: Seams, reached: Callable[[], None], whose: str) -> Seams:
    """Return seams in which a success is recorded while its operation is another merchant's.

    `whose` is a query by the attempt's id for the operation, its owner and who it is booked as; the operation is ''
    where it is left alone. Journals are written from the operation, so they alone are wrong afterwards.
    """

    async def record(connection: Connection, command: Record) -> Recorded:
        if command.state != "succeeded":
            return await seams.record(connection, command)
        async with connection.transaction():
            operation_id, owner, other = await connection.fetch(whose, (command.attempt_id,))
            if operation_id:
                await connection.fetch(_OWN, (other, operation_id))
            recorded = await seams.record(connection, command)
            if operation_id:
                await connection.fetch(_OWN, (owner, operation_id))
        connection.require_certain()
        if operation_id and recorded.outcome == "recorded":
            reached()
        return recorded

    return replace(seams, record=record)
