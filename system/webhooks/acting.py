"""Act on what a verified event tells about an attempt of ours."""

from system.platform import Platform
from system.ports import Knowledge
from system.webhooks.reaction import Reaction
from system.webhooks.told import Told
from system.worker.attempts import find
from system.worker.evidence import learn
from system.worker.recording import alert


async def act(platform: Platform, gateway: str, told: Told) -> Reaction:
    """Record what the event proves, and return what was done; `defer` means that it has to be acted on later.

    An event without one of our attempts, or about another gateway's attempt, changes nothing. One whose amount is not
    the attempt's is no proof of anything but trouble: people are told. Raises what the database raises.
    """
    if told.reply is None:
        return "ignore"
    async with platform.database.connection() as connection:
        claimed = await find(connection, told.attempt_id)
    if claimed is None or claimed.gateway != gateway:
        platform.log.warning("webhook_without_attempt", gateway=gateway, event_id=told.event_id, type=told.type)
        return "ignore"
    reaction = platform.seams.react(claimed.state, told.reply.knowledge)
    if reaction != "record":
        return reaction
    request, reply = claimed.request, told.reply
    if reply.knowledge is Knowledge.DEFINITE_YES and (reply.amount_minor, reply.currency) != (
        request.amount_minor,
        request.currency,
    ):
        await alert(platform, claimed, "webhook_amount_mismatch", f"{told.event_id}: {reply.amount_minor}")
        return "ignore"
    await learn(platform, claimed, reply, "webhook")
    return "record"
