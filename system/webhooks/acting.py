"""Act on what a verified event tells about an attempt of ours."""

from system.connectors.events import ParsedEvent
from system.gateway import Knowledge
from system.platform import Platform
from system.store.taken_back import attempt_at
from system.webhooks.reaction import Reaction
from system.worker.attempts import Claimed, find
from system.worker.evidence import learn
from system.worker.recording import alert
from system.worker.taking_back import take_back


async def act(platform: Platform, gateway: str, told: ParsedEvent) -> Reaction:
    """Record what the event proves, and return what was done; `defer` means that it has to be acted on later.

    An event without one of our attempts, or about another gateway's attempt, changes nothing. One whose amount is not
    the attempt's is no proof of anything but trouble: people are told. Raises what the database raises.
    """
    if told.idle:
        return "ignore"
    claimed = await _attempt_of(platform, gateway, told)
    if claimed is None:
        # An object that we do not know may be one whose maker has not recorded it yet.
        later = told.taken_back is not None and bool(told.taken_back.gateway_ref)
        platform.log.warning("webhook_without_attempt", gateway=gateway, event_id=told.event_id, type=told.type)
        return "defer" if later else "ignore"
    reaction = platform.seams.react(claimed.state, told.reply.knowledge) if told.reply is not None else "ignore"
    if reaction == "record":
        return await _record(platform, claimed, told)
    if reaction == "defer" or told.taken_back is None:
        return reaction
    return await _take_back(platform, claimed, told)


async def _attempt_of(platform: Platform, gateway: str, told: ParsedEvent) -> Claimed | None:
    attempt_id = told.attempt_id
    async with platform.database.connection() as connection:
        if not attempt_id and told.taken_back is not None:
            attempt_id = await attempt_at(connection, gateway, told.taken_back.gateway_ref, told.taken_back.what) or ""
        claimed = await find(connection, attempt_id) if attempt_id else None
    return None if claimed is None or claimed.gateway != gateway else claimed


async def _record(platform: Platform, claimed: Claimed, told: ParsedEvent) -> Reaction:
    request, reply = claimed.request, told.reply
    assert reply is not None
    if reply.knowledge is Knowledge.DEFINITE_YES and (reply.amount_minor, reply.currency) != (
        request.amount_minor,
        request.currency,
    ):
        await alert(platform, claimed, "webhook_amount_mismatch", f"{told.event_id}: {reply.amount_minor}")
        return "ignore"
    await learn(platform, claimed, reply, "webhook")
    return "record"


async def _take_back(platform: Platform, claimed: Claimed, told: ParsedEvent) -> Reaction:
    taken, request = told.taken_back, claimed.request
    assert taken is not None
    if taken.currency != request.currency or taken.amount_minor > request.amount_minor:
        await alert(platform, claimed, "webhook_amount_mismatch", f"{told.event_id}: {taken.amount_minor}")
        return "ignore"
    if claimed.state == "succeeded" and taken.object_ref and taken.object_ref != request.gateway_ref:
        # Another object under the same ids, such as a second charge that is being given back: ours stands.
        await alert(platform, claimed, "webhook_of_another_object", f"{told.event_id}: {taken.object_ref}")
        return "ignore"
    outcome = await take_back(platform, claimed, taken.what, taken.amount_minor, "webhook")
    return "defer" if outcome == "undecided" else "record"
