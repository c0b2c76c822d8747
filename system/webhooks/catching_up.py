"""The worker's second look at stored events that could not act when they arrived."""

from system.clock import in_us, now_us
from system.platform import Platform
from system.webhooks.acting import act
from system.webhooks.inbound import read_event
from system.webhooks.inbox import mark_done, pending
from system.webhooks.told import MalformedEvent

MARGIN_S = 1.5
"""Beyond the gateway's timeouts, for the sender of a call to have recorded its answer."""


async def catch_up(platform: Platform) -> int:
    """Act on events that waited until the call they speak of must be over; return how many are done now.

    Those that still have to wait are looked at again. Raises what the database raises.
    """
    settings = platform.settings
    patience_s = settings.gateway_timeout_s + settings.gateway_connect_timeout_s + MARGIN_S
    async with platform.database.connection() as connection:
        waiting = await pending(connection, now_us() - in_us(patience_s))
    done: list[tuple[str, str]] = []
    for stored in waiting:
        try:
            told = read_event(stored.gateway, stored.body)
            finished = await act(platform, stored.gateway, told) != "defer"
        except MalformedEvent:  # it was readable when it was stored: a reader has changed since; do not block the rest
            platform.log.error("stored_webhook_unreadable", gateway=stored.gateway, event_id=stored.event_id)
            finished = True
        if finished:
            done.append((stored.gateway, stored.event_id))
    async with platform.database.connection() as connection:
        await mark_done(connection, done, now_us())
    return len(done)
