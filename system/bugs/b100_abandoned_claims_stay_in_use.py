"""A key whose owner died stays in use for ever.

How it happens: the claim has a lease, but whoever finds it run out renews it "to be safe" and answers that the request
is in progress, as the code for a live owner does. The resolver decides the payment; the merchant never hears how. I10
catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun, Claiming
from system.store.connection import Connection

BUG = Bug(
    id="B100",
    title="a key whose owner died is in use for ever",
    caught_by=("I10",),
    shown_by=("asked_again_late",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which taking a claim over tells that it is in use."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        if begun.outcome != "takeover":
            return begun
        reached()
        return replace(begun, outcome=Claiming.IN_FLIGHT)

    return replace(seams, begin=begin)
