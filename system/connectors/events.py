"""What a gateway's event tells about one of our attempts, in the core's words."""

from typing import Annotated

from msgspec import Meta

from system.gateway import Advice, DisputeTold, GatewayReply, Knowledge, ParsedEvent, Phase
from system.json_body import JsonObject, object_of

EventName = Annotated[str, Meta(min_length=1, max_length=255)]
"""An event's id or type, as a body must have it."""


class MalformedEvent(Exception):
    """A verified body that is not an event we can read."""


def yes(gateway_ref: str | None, amount_minor: int | None, currency: str | None) -> GatewayReply:
    """Return the reply of a call that was executed."""
    return GatewayReply(
        Knowledge.DEFINITE_YES,
        Advice.NONE,
        Phase.ANSWERED,
        gateway_ref=gateway_ref,
        amount_minor=amount_minor,
        currency=currency,
    )


def no(code: str) -> GatewayReply:
    """Return the reply of a call that was declined."""
    return GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, code=code or "declined")


def text_of(event: JsonObject, name: str) -> str:
    """Return a field that must be a non-empty string of at most 255 characters. Raises `MalformedEvent`."""
    value = event.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise MalformedEvent(f"the event's {name} is missing")
    return value


def checked(told: ParsedEvent) -> ParsedEvent:
    """Return `told` if the database can hold its texts. Raises `MalformedEvent`.

    A NUL or half of a surrogate pair is no part of any id, and neither PostgreSQL nor UTF-8 has a place for them.
    """
    reply = told.reply
    texts = (reply.gateway_ref or "", reply.code, reply.currency or "") if reply is not None else ()
    about = (told.taken_back.object_ref, told.taken_back.currency) if told.taken_back is not None else ()
    for text in (told.event_id, told.type, told.attempt_id, *texts, *about, *_texts_of(told.dispute)):
        if not text.isprintable():
            raise MalformedEvent("the event's ids contain characters that no id has")
    return told


def _texts_of(told: DisputeTold | None) -> tuple[str, ...]:
    if told is None:
        return ()
    return told.reference, told.currency, told.charge_ref, told.reason, told.attempt_id


def part_of(event: JsonObject, name: str) -> JsonObject:
    """Return a field that is an object; an empty one where it is anything else."""
    return object_of(event.get(name))
