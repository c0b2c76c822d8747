"""The worker's second look at stored events that could not act when they arrived."""

import psycopg

from system import crashpoints
from system.breakers import DATABASE_TROUBLE
from system.clock import in_us, now_us, shared_us
from system.connectors.events import MalformedEvent
from system.decisions.reaction import Reaction
from system.platform import Platform
from system.store.inbox import Stored, mark_done, pending
from system.webhooks.acting import act
from system.webhooks.inbound import read_event

MARGIN_S = 1.5
"""Beyond the gateway's timeouts, for the sender of a call to have recorded its answer."""

WAITING_S_MAX = 3600.0
"""An event about something that nobody here made by then, and whose fate is not open, is not ours."""

TROUBLES_MAX = 3
"""Database errors, one event after another, after which it is the database that is broken and not the events."""


async def catch_up(platform: Platform) -> int:
    """Act on events that waited until the call they speak of must be over; return how many are done now.

    Each event stands for itself: one that still has to wait, or cannot act, is looked at again and stops no other.
    Raises what the database raises when that goes on and on.
    """
    settings = platform.settings
    patience_s = settings.gateway_timeout_s + settings.gateway_connect_timeout_s + MARGIN_S
    async with platform.database.connection() as connection:
        waiting = await pending(connection, shared_us() - in_us(patience_s))
    done = troubles = 0
    for stored in waiting:
        try:
            if await _finished(platform, stored):
                crashpoints.reach(crashpoints.CAUGHT_UP)
                async with platform.database.connection() as connection:
                    await mark_done(connection, [(stored.gateway, stored.event_id)], now_us())
                done += 1
            troubles = 0
        except Exception as error:
            _tell(platform, stored, "stored_webhook_failed", error)
            troubles = troubles + 1 if isinstance(error, DATABASE_TROUBLE) else 0
            if troubles == TROUBLES_MAX:
                raise
    return done


async def _finished(platform: Platform, stored: Stored) -> bool:
    """Act; tell whether nothing is left to do. What no try can ever read or store is not kept in the way."""
    try:
        webhooks = platform.gateways[stored.gateway].webhooks
        if (
            webhooks is None
            or await act(platform, stored.gateway, read_event(webhooks, stored.body)) is not Reaction.DEFER
        ):
            return True
        waiting_s = (shared_us() - stored.received_at_us) / 1e6
        if waiting_s < max(WAITING_S_MAX, 2 * platform.settings.resolve_limit_s):
            return False
        platform.log.error("stored_webhook_given_up", gateway=stored.gateway, event_id=stored.event_id)
        return True
    except (MalformedEvent, psycopg.DataError) as error:
        _tell(platform, stored, "stored_webhook_unreadable", error)
        return True


def _tell(platform: Platform, stored: Stored, event: str, error: Exception) -> None:
    platform.log.error(event, gateway=stored.gateway, event_id=stored.event_id, error=type(error).__name__)
