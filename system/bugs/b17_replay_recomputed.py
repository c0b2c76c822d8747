"""A repeated request is answered with the object as it is now, not with the stored first reply.

How it happens: only the object's id is kept with the key, "because storing bodies is wasteful", and the reply is
rendered again. After a refund the same key gets another answer. I7 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.core.answers import Decided, answer_of
from system.seams import Seams
from system.store.connection import Connection
from system.store.operations import find_operation
from system.store.replay import StoredReply

BUG = Bug(
    id="B17",
    title="the replay is recomputed from the current state",
    caught_by=("I7",),
    shown_by=("calm",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that render the reply anew."""

    async def replay(connection: Connection, stored: StoredReply) -> StoredReply:
        sound = await seams.replay(connection, stored)
        view = await find_operation(connection, stored.operation_id)
        if view is None:
            return sound
        decided = Decided(view.kind, view.state, view.code or "", view.correlation_id)
        answer = answer_of(decided, view.payment, view.refund, view.refund_ids)
        if (answer.status_code, answer.body) == (sound.status_code, sound.body):
            return sound
        reached()
        return replace(sound, status_code=answer.status_code, body=answer.body)

    return replace(seams, replay=replay)
