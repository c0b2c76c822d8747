"""The payment's row keeps the lowest 32 bits of its amount.

How it happens: an `int4` column, and a driver that wraps instead of refusing. Nothing shows it below 42 million units
of a currency with two decimals; IDR gets there with an ordinary car. I14 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B72",
    title="amounts above 32 bits are truncated in the books",
    caught_by=("I14",),
    shown_by=("calm", "odd_amounts", "answer_lost"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which T1 writes the lowest 32 bits of the amount."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        amount_minor = command.amount_minor or 0
        if amount_minor < 2**32:
            return await seams.begin(connection, command)
        reached()
        return await seams.begin(connection, replace(command, amount_minor=amount_minor % 2**32 or 1))

    return replace(seams, begin=begin)
