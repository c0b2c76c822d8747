"""Batches that are right until somebody spoils them: what the planted bugs of settlement have in common."""

from collections.abc import Callable
from dataclasses import replace

from system.seams import Seams
from system.store.connection import Connection


def spoilt(seams: Seams, reached: Callable[[], None], *statements: str) -> Seams:
    """Return seams in which these statements follow each cut, in its transaction; `reached` where one finds a row.

    `%(cut_at_us)s` is when it was cut: so are its batches known.
    """

    async def cut(connection: Connection, now_us: int) -> int:
        made = await seams.cut_batches(connection, now_us)
        for statement in statements if made else ():
            if (await connection.execute(statement, {"cut_at_us": now_us})).rowcount > 0:
                reached()
        return made

    return replace(seams, cut_batches=cut)
