"""Undoing a charge that should not be: a late success of what we closed, or a second one of what stands. SQL only."""

from collections.abc import Callable

from system.clock import shared_us
from system.decisions.comparing import CLOSED, Break
from system.decisions.policies import UNDO
from system.ids import new_id
from system.states import Evidence
from system.store.connection import Connection
from system.store.record import begin_reversal

SECOND = """
SELECT pay.begin_second_reversal(%s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::bigint,
    %s::bigint)
"""


async def give_back(connection: Connection, found: Break, gateway_key: Callable[[str, int], str]) -> bool:
    """Open the operation that undoes the charge; the resolver sends it. False: it is open already."""
    ours, line = found.ours, found.line
    assert ours is not None
    assert line is not None
    attempt_id, call_kind = new_id("att_"), UNDO[ours.kind]
    key = gateway_key(attempt_id, 1)
    if ours.state in CLOSED:
        return await begin_reversal(
            connection,
            reverses_attempt_id=ours.attempt_id,
            operation_id=new_id("op_"),
            attempt_id=attempt_id,
            gateway_key=key,
            call_kind=call_kind,
            gateway_ref=line.gateway_ref,
            evidence=Evidence.FEED,
            now_us=shared_us(),
        )
    ids = (ours.attempt_id, line.line_id, new_id("op_"), attempt_id, key, str(call_kind), line.gateway_ref)
    return bool((await connection.fetch(SECOND, (*ids, line.amount_minor, shared_us())))[0])
