"""A gateway as one value: all that the platform knows of it. Its folder has the code that speaks to it."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from system.connectors.connector import Connector
from system.gateway import ParsedEvent
from system.json_body import JsonObject
from system.presentment import Presentment
from system.settings import Settings

KEY_MEMORY_UNKNOWN_S = 3600.0
"""For how long a gateway that is not known here is believed to remember a key, in seconds."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a gateway's events are taken."""

    header: str
    """The header that carries the signature, as its documents spell it."""
    secret: Callable[[Settings], str]
    """What events are signed with; empty: none is believed."""
    read: Callable[[JsonObject], ParsedEvent]
    """What an event tells. Raises MalformedEvent."""
    model: type[Struct]
    """An event's outer shape, for the API's description of itself."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway. Durations in seconds."""

    name: str
    """As it stands in the books, in routing, and in the address of its webhooks."""
    title: str
    """As people call it."""
    connect: Callable[[Settings, Presentment], Connector]
    """A connector in the platform's minor units; nothing is opened before its first call."""
    presentment: Presentment
    """What it takes."""
    key_memory_s: float
    """How long it surely remembers an idempotency key: a re-send after that could charge again."""
    hold_validity_s: float
    """How long it holds the money of most cards."""
    webhooks: Webhooks | None = None
    """None: it sends no events."""


def key_memory_s(gateway: Gateway | None, at_most_s: float) -> float:
    """Return for how long a gateway surely remembers a key; `at_most_s` bounds what is believed of any."""
    return min(KEY_MEMORY_UNKNOWN_S if gateway is None else gateway.key_memory_s, at_most_s)
