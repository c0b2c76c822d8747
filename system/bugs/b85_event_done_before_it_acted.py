"""A gateway's event is marked as done when it is stored, before it acted.

How it happens: "insert the id, and if that worked process it" looks like deduplication. An event that cannot act yet,
or whose process dies, is a duplicate from then on. I27 catches it where the event is the only evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.reaction import Reaction
from system.gateway import Knowledge, ParsedEvent
from system.seams import Seams
from system.states import AttemptState
from system.store.connection import Connection
from system.store.inbox import mark_done

BUG = Bug(
    id="B85",
    title="an event is marked as done before it acted",
    caught_by=("I27",),
    shown_by=("webhooks_only_evidence",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which an event that has to wait is forgotten."""

    async def store_event(
        connection: Connection, gateway: str, told: ParsedEvent, body: bytes, now_us: int, *, idle_states: Sequence[str]
    ) -> int | None:
        done_at_us = await seams.store_event(connection, gateway, told, body, now_us, idle_states=idle_states)
        if done_at_us is None:
            await mark_done(connection, [(gateway, told.event_id)], now_us)
        return done_at_us

    def react(state: AttemptState, knowledge: Knowledge) -> Reaction:
        reaction = seams.react(state, knowledge)
        if reaction == "defer":
            reached()
        return reaction

    return replace(seams, store_event=store_event, react=react)
