"""Gateways' events have no unique id here: each copy of an event acts.

How it happens: gateways promise "at least once", and the handler adds to the books whatever comes. Three copies at
once are three captures. I27 and I16 catch it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.reaction import Reaction
from system.gateway import Knowledge, ParsedEvent
from system.seams import Seams
from system.states import AttemptState
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B30",
    title="a webhook's event id is not unique: every copy acts",
    caught_by=("I27", "I16"),
    shown_by=("webhooks_only_evidence",),
)

BOOK_AGAIN = """
SELECT count(*) FROM (
    SELECT pay.post(%s || ':' || a.attempt_id, 'gateway:' || a.gateway || ':clearing',
        'merchant:' || a.merchant_id || ':payable', a.currency, a.amount_minor, a.payment_id, a.operation_id,
        a.attempt_id, %s)
    FROM pay.gateway_attempts a WHERE a.attempt_id = %s AND a.call_kind IN ('sale', 'capture')
) again
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a copy of an event that has acted books its money once more."""
    copies: dict[str, int] = {}

    async def store_event(
        connection: Connection, gateway: str, told: ParsedEvent, body: bytes, now_us: int, *, idle_states: Sequence[str]
    ) -> int | None:
        done_at_us = await seams.store_event(connection, gateway, told, body, now_us, idle_states=idle_states)
        if done_at_us is None or done_at_us == now_us:
            return done_at_us
        copies[told.attempt_id] = copies.get(told.attempt_id, 0) + 1
        return None

    def react(state: AttemptState, knowledge: Knowledge) -> Reaction:
        again = state == "succeeded" and knowledge is Knowledge.DEFINITE_YES
        return Reaction.RECORD if again else seams.react(state, knowledge)

    async def record(connection: Connection, command: Record) -> Recorded:
        recorded = await seams.record(connection, command)
        number = copies.get(command.attempt_id, 0)
        if number and command.evidence == "webhook" and recorded.outcome == "already":
            cause = f"copy {number} at {command.now_us}"
            (booked,) = await connection.fetch(BOOK_AGAIN, (cause, command.now_us, command.attempt_id))
            for _ in range(booked):
                reached()
        return recorded

    return replace(seams, store_event=store_event, react=react, record=record)
