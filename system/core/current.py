"""The answer of an operation as it is now, for a key whose first reply was written (or lost) elsewhere."""

from system.clock import shared_us
from system.core.answers import Answer, Decided, answer_of
from system.core.failures import Refused
from system.platform import Platform
from system.store.connection import Connection
from system.store.operations import find_operation, find_reply
from system.store.record import Reply, store_reply


async def current_answer(platform: Platform, operation_id: str, key_id: int, owner: str) -> Answer:
    """The stored reply of a key, or the operation's answer as of now, stored if the claim is still this owner's.

    A reply that somebody else stored (after taking the claim over) is theirs, and for this caller a replay.
    Raises Refused when somebody else holds the claim, or when the operation is gone.
    """
    async with platform.database.connection() as connection:
        reply = await find_reply(connection, key_id, operation_id)
        if reply is None:
            return await _answer_now(connection, operation_id, key_id, owner)
        read_on = connection.generation
    await platform.durable.confirm(read_on)
    status_code, body, stored_by = reply
    return Answer(status_code, body, replayed=stored_by != owner)


async def _answer_now(connection: Connection, operation_id: str, key_id: int, owner: str) -> Answer:
    """The operation's answer as of now; storing it makes everything that it tells durable as well."""
    view = await find_operation(connection, operation_id)
    if view is None:
        raise Refused(503, "api_error", "operation_unknown", "Send the request again.", definite=False)
    decided = Decided(view.kind, view.state, view.code or "", view.correlation_id)
    answer = answer_of(decided, view.payment, view.refund, view.refund_ids)
    if await store_reply(connection, Reply(key_id, owner, answer.status_code, answer.body), shared_us()):
        return answer
    raise in_flight()


def in_flight() -> Refused:
    """The same key is being worked on."""
    return Refused(
        409,
        "idempotency_error",
        "idempotency_key_in_use",
        "A request with this idempotency key is in progress.",
        definite=False,
        retry_after_s=1,
    )
