"""Act on what a verified event tells about an attempt of ours."""

from system.attempts.alerts import alert
from system.attempts.disputing import record_dispute
from system.attempts.learning import learn
from system.attempts.taking_back import take_back
from system.decisions.reaction import Reaction
from system.gateway import Knowledge, ParsedEvent
from system.platform import Platform
from system.states import AttemptState, Evidence
from system.store.attempts import Attempt, find
from system.store.disputes import Disputed
from system.store.taken_back import TakingBack, taker_of


async def act(platform: Platform, gateway: str, told: ParsedEvent) -> Reaction:
    """Record what the event proves, and return what was done; `defer` means that it has to be acted on later.

    An event without one of our attempts, or about another gateway's attempt, changes nothing. One whose amount is not
    the attempt's is no proof of anything but trouble: people are told. Raises what the database raises.
    """
    if told.idle:
        return Reaction.IGNORE
    attempt = await _attempt_of(platform, gateway, told)
    if attempt is None:
        # An object that we do not know may be one whose maker has not recorded it yet.
        later = told.dispute is not None
        platform.log.warning("webhook_without_attempt", gateway=gateway, event_id=told.event_id, type=told.type)
        return Reaction.DEFER if later else Reaction.IGNORE
    reaction = platform.seams.react(attempt.state, told.reply.knowledge) if told.reply is not None else Reaction.IGNORE
    if reaction is Reaction.RECORD:
        return await _record(platform, attempt, told)
    if told.dispute is not None:
        outcome = await record_dispute(platform, attempt, told.dispute, Evidence.WEBHOOK)
        return Reaction.DEFER if outcome is Disputed.UNDECIDED else Reaction.RECORD
    if reaction is Reaction.DEFER or told.taken_back is None:
        return reaction
    return await _take_back(platform, attempt, told)


async def _attempt_of(platform: Platform, gateway: str, told: ParsedEvent) -> Attempt | None:
    attempt_id = told.attempt_id
    async with platform.database.connection() as connection:
        if not attempt_id and told.dispute is not None:
            attempt_id = await taker_of(connection, gateway, told.dispute.charge_ref) or ""
        attempt = await find(connection, attempt_id) if attempt_id else None
    return None if attempt is None or attempt.gateway != gateway else attempt


async def _record(platform: Platform, attempt: Attempt, told: ParsedEvent) -> Reaction:
    request, reply = attempt.request, told.reply
    assert reply is not None
    if reply.knowledge is Knowledge.DEFINITE_YES and (reply.amount_minor, reply.currency) != (
        request.amount_minor,
        request.currency,
    ):
        await alert(platform, attempt, "webhook_amount_mismatch", f"{told.event_id}: {reply.amount_minor}")
        return Reaction.IGNORE
    await learn(platform, attempt, reply, Evidence.WEBHOOK)
    return Reaction.RECORD


async def _take_back(platform: Platform, attempt: Attempt, told: ParsedEvent) -> Reaction:
    taken, request = told.taken_back, attempt.request
    assert taken is not None
    if taken.currency != request.currency or taken.amount_minor > request.amount_minor:
        await alert(platform, attempt, "webhook_amount_mismatch", f"{told.event_id}: {taken.amount_minor}")
        return Reaction.IGNORE
    if attempt.state is AttemptState.SUCCEEDED and taken.object_ref and taken.object_ref != request.gateway_ref:
        # Another object under the same ids, such as a second charge that is being given back: ours stands.
        await alert(platform, attempt, "webhook_of_another_object", f"{told.event_id}: {taken.object_ref}")
        return Reaction.IGNORE
    outcome = await take_back(platform, attempt, taken.what, taken.amount_minor, Evidence.WEBHOOK)
    return Reaction.DEFER if outcome is TakingBack.UNDECIDED else Reaction.RECORD
