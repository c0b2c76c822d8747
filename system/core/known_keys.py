"""What a key means that was used before: replayed, in progress, reused, expired, abandoned; or a refused request."""

from system.core.answers import UNAVAILABLE, Answer
from system.core.current import current_answer, in_flight
from system.core.failures import Held, Refused
from system.core.refusals import reason_of, refusal
from system.platform import Platform
from system.store.begin import Begin, Begun, Claiming
from system.store.replay import StoredReply


async def answer_of_key(platform: Platform, command: Begin, begun: Begun, held: Held | None = None) -> Answer:
    """The answer of a request that claimed nothing. Raises Refused, and what the database raises.

    `held`: why the request let no gateway be chosen; told where its key is new and its payment is the merchant's.
    """
    match begun.outcome:
        case Claiming.REPLAY:
            assert begun.status_code is not None
            assert begun.body is not None
            stored = StoredReply(begun.operation_id, command.claim.merchant_id, begun.status_code, bytes(begun.body))
            async with platform.database.connection() as connection:
                stored = await platform.seams.replay(connection, stored)
            await platform.durable.confirm(begun.read_on)
            return Answer(stored.status_code, stored.body, replayed=True)
        case Claiming.IN_FLIGHT:
            raise in_flight()
        case Claiming.TAKEOVER:
            assert begun.key_id is not None
            return await current_answer(platform, begun.operation_id, begun.key_id, command.claim.owner)
    # A refusal is an answer too: the row that it names must not vanish in a failover.
    await platform.durable.confirm(begun.read_on)
    match begun.outcome:
        case Claiming.MISMATCH:
            raise Refused(
                422,
                "idempotency_error",
                "idempotency_key_reused",
                "This idempotency key was used with other parameters.",
            )
        case Claiming.EXPIRED:
            raise Refused(
                410,
                "idempotency_error",
                "idempotency_key_expired",
                "This idempotency key has expired; its request is never executed again.",
            )
        case _ if held is not None and begun.refusal == UNAVAILABLE:
            raise held.on(begun.read_on)
        case _:
            raise refusal(reason_of(begun))
