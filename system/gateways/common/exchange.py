"""One request on its way through a gateway, and the ways in which it may end."""

from dataclasses import dataclass, field, replace

from system.gateways.common.armed import ArmedFault
from system.gateways.common.records import Call, Record
from system.gateways.common.rows import Row

UNTAKEN = "untaken"
"""The books' word for a call that asked for a currency or an amount that the gateway's published rules do not allow."""

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer. ``result`` is what the books say about the call."""

    status: int
    body: bytes
    result: str = "rejected"
    headers: Headers = ()
    keep: bool = False
    """Remember it under the request's idempotency key."""
    pause_s: float = 0.0
    """Wait this long in the middle of the body."""
    cut: bool = False
    """Send only the first half of the body, then close."""

    def with_result(self, result: str) -> "Answer":
        """Return the same answer with another word for the books."""
        return replace(self, result=result)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The connection ends without an answer; ``reset`` sends RST instead of FIN."""

    reset: bool = False


Outcome = Answer | NoAnswer


class BodyTooLarge(Exception):
    """The request's body exceeds what a gateway reads."""


class CallerGone(Exception):
    """The connection ended before the whole request was there. Half a request is none."""


@dataclass(slots=True)
class Exchange:
    """What is known of one request. Filled in as it is read."""

    method: str
    path: str
    query: str
    headers: dict[bytes, bytes]
    peer: tuple[str, int]
    endpoint: str
    """The books' word for it; '' for requests that do not concern money."""
    arguments: tuple[str, ...]
    """What the route's placeholders matched."""
    call: Call
    epoch: int
    arrival: int = 1
    body: bytes = b""
    fields: Row = field(default_factory=dict)
    faults: tuple[ArmedFault, ...] = ()
    answer: Answer | None = None
    """Set once the request was executed."""
    journaled: bool = False

    @property
    def key(self) -> str:
        """The idempotency key, '' without one."""
        return self.call.gateway_key

    def header(self, name: bytes) -> str:
        """Return a header by its lower-case name, '' without it."""
        return self.headers.get(name, b"").decode("latin-1")

    def fault(self, kind: str) -> ArmedFault | None:
        """Return the planted fault of this kind that chose this request."""
        for armed in self.faults:
            if armed.name == kind:
                return armed
        return None


@dataclass(slots=True)
class Batch:
    """What executing one request changes; committed in one piece."""

    exchange: Exchange
    at_us: int
    records: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Add one change."""
        self.records.append(record)
