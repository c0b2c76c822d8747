"""What a fault kind is: a name, a sentence, its parameters, and one function for each place where it can bite."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from system.gateways.common.armed import ArmedFault
from system.gateways.common.brand import Brand
from system.gateways.common.exchange import Exchange, Outcome
from system.gateways.common.parcels import Parcel
from system.json_body import Json


class Stage(Enum):
    """Places in a request's life where a fault may bite, in order."""

    UNREAD = "the headers have arrived, the body has not been read"
    READ = "read and authenticated; the idempotency key is not claimed yet"
    CLAIMED = "the key is in use, nothing has been executed"
    EXECUTED = "money has moved, the answer has not left"


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric parameter."""

    default: float
    minimum: float = 0.0
    maximum: float = 1e9

    def check(self, value: Json) -> float:
        """Return the value. Raises ValueError."""
        if not isinstance(value, int | float) or isinstance(value, bool) or not self.minimum <= value <= self.maximum:
            raise ValueError(f"must be a number from {self.minimum:g} to {self.maximum:g}")
        return value


@dataclass(frozen=True, slots=True)
class Word:
    """A parameter with a fixed set of values; without choices any text."""

    default: str
    choices: tuple[str, ...] = ()

    def check(self, value: Json) -> str:
        """Return the value. Raises ValueError."""
        if not isinstance(value, str) or (self.choices and value not in self.choices):
            raise ValueError(f"must be one of {', '.join(self.choices)}" if self.choices else "must be a text")
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no parameter."""

    default: bool

    def check(self, value: Json) -> bool:
        """Return the value. Raises ValueError."""
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value


Parameter = Number | Word | Flag
Bite = Callable[[Stage, ArmedFault, Exchange, Brand], Awaitable[Outcome | None]]
Reshape = Callable[[ArmedFault, Parcel], list[Parcel]]

MONEY = frozenset({"create", "confirm", "capture", "void", "refund", "order"})
LOOKUPS = frozenset({"retrieve", "search"})
ENDPOINTS = MONEY | LOOKUPS | {"feed", "token"}


@dataclass(frozen=True)
class Kind:
    """One kind of fault. ``bite`` acts on requests, ``reshape`` on webhooks; with neither, code asks for it by name."""

    name: str
    sentence: str
    endpoints: frozenset[str] = MONEY
    """Which requests it may choose unless its ``endpoints`` parameter says otherwise."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    bite: Bite | None = None
    reshape: Reshape | None = None
    connections: bool = False
    """Chooses connections as they are made, not requests."""
