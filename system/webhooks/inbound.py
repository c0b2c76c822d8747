"""Receive gateways' webhooks: verify, store once, and act on what they tell.

An event is answered 200 as soon as it is stored: from then on the worker sees to it that it acts, whatever happens to
this process. Acting twice is harmless, because the core records an outcome once; acting never is not.
"""

from collections.abc import Mapping

from system import crashpoints, json_body
from system.clock import now_us, shared_us
from system.connectors.events import MalformedEvent, checked
from system.connectors.gateway import Webhooks
from system.core.bodies import error_object
from system.core.resources import Error, Received
from system.decisions.reaction import Reaction, idle
from system.gateway import ParsedEvent
from system.platform import Platform
from system.signing import SignatureError
from system.store.inbox import mark_done
from system.webhooks.acting import act


def read_event(webhooks: Webhooks, body: bytes) -> ParsedEvent:
    """Return what a gateway's body tells. Raises `MalformedEvent`."""
    try:
        event = json_body.decode(body)
    except json_body.InvalidJson as error:
        raise MalformedEvent(str(error)) from error
    if not isinstance(event, dict):
        raise MalformedEvent("the body is not an object")
    return checked(webhooks.read(event))


class Inbound:
    """The receiving end, one for each API replica."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def receive(self, gateway: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Error | Received]:
        """Take one delivery; return status and body of the answer. `headers` has lower-case names.

        400: not proven to come from the gateway now, or not an event; nothing was changed. 404: no such gateway.
        Raises what the database raises before the event is stored: the gateway then delivers it again.
        """
        known = self._platform.gateways.get(gateway)
        if known is None or known.webhooks is None:
            return 404, _error("unknown_gateway", "there is no such gateway")
        webhooks = known.webhooks
        try:
            secret = webhooks.secret(self._platform.settings)
            signature = headers.get(webhooks.header.lower())
            self._platform.seams.verify_event([secret] if secret else [], signature, body, now_us() / 1e6)
            told = read_event(webhooks, body)
        except SignatureError as error:
            self._platform.log.warning("webhook_refused", gateway=gateway, code=error.code)
            return 400, _error(error.code, str(error))
        except MalformedEvent as error:
            self._platform.log.warning("webhook_refused", gateway=gateway, code="malformed_event")
            return 400, _error("malformed_event", str(error))
        return 200, await self._take(gateway, told, body)

    async def _take(self, gateway: str, told: ParsedEvent, body: bytes) -> Received:
        crashpoints.reach(crashpoints.INBOUND_VERIFIED)
        idle_states = idle(told.reply.knowledge) if told.reply is not None and told.taken_back is None else ()
        at_us = shared_us()
        async with self._platform.database.connection() as connection:
            done_at_us = await self._platform.seams.store_event(
                connection, gateway, told, body, at_us, idle_states=idle_states
            )
        crashpoints.reach(crashpoints.INBOUND_STORED)
        if done_at_us is not None:
            return Received(duplicate=done_at_us != at_us)
        if await act(self._platform, gateway, told) is not Reaction.DEFER:
            crashpoints.reach(crashpoints.INBOUND_ACTED)
            async with self._platform.database.connection() as connection:
                await mark_done(connection, [(gateway, told.event_id)], now_us())
        return Received(duplicate=False)


def _error(code: str, message: str) -> Error:
    return error_object("invalid_request_error", code, message, definite=True, correlation_id="")
