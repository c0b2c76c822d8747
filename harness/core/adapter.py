"""What Faultline must know of a payment system that is not ours: one Python file with one `Adapter`.

The file ends with `adapter = MyAdapter()`. The load generator and the harness each import it; `send`, `answer`, `look`
and `found` must not talk to anybody: they only translate. docs/your-own-system.md writes one step by step.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

MERCHANT = "shop"
"""There is one merchant: `Adapter.send` puts whatever credentials it needs into its requests."""

GATEWAY_CLOCK_US = 1_000_000
"""How far the clock of a gateway that is not ours may be from this machine's."""


class Word(StrEnum):
    """What an answer says of a payment.

    `PAID` and `FAILED` are final: the money was taken, or it was not and will not be. `PENDING`: accepted, not decided
    yet. `REFUSED`: nothing was begun. `KEY_REUSED`: refused, the key belongs to another payload. `BUSY`: not now, ask
    again under the same key. `UNKNOWN` is everything that is not definite.
    """

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    REFUSED = "refused"
    KEY_REUSED = "key_reused"
    BUSY = "busy"
    UNKNOWN = "unknown"


class Tells(StrEnum):
    """What an adapter may promise to tell. What it does not promise leaves some invariants not judged.

    `REPLAYS`: the system marks repeated answers, and `answer` sets `Seen.replayed`. `VERSIONS`: `Seen.version` grows
    with each change of a payment. `CHARGES`: `Record.charge_id` names the charge that the system knows of.
    """

    REPLAYS = "replays"
    VERSIONS = "versions"
    CHARGES = "charges"


@dataclass(frozen=True)
class Payment:
    """A payment to ask for. `reference` is the order's name, `key` its idempotency key; retries repeat both.

    `amount_minor` is in minor units of `currency`, which has `exponent` decimals. `card` is one of Stripe's test
    payment methods (`pm_card_visa`); `declines` says whether that card must be declined.
    """

    reference: str
    key: str
    amount_minor: int
    currency: str
    exponent: int
    card: str
    declines: bool


@dataclass(frozen=True)
class Request:
    """One HTTP request. `path` begins with `/`; `json`, where given, is the body; `headers` are additional ones."""

    method: Literal["GET", "POST", "PUT"]
    path: str
    json: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The bytes of the body, empty where there is none."""
        return b"" if self.json is None else json.dumps(self.json, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Reply:
    """One complete HTTP answer. Headers, their values too, are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body. Raises `ValueError` where it is not JSON: the answer then counts as UNKNOWN."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Seen:
    """A payment as an answer shows it; what the answer does not say stays empty."""

    word: Word
    payment_id: str = ""
    amount_minor: int | None = None
    currency: str | None = None
    replayed: bool = False
    version: int | None = None
    code: str = ""


@dataclass(frozen=True)
class Charge:
    """One sum of money in the gateway's own ledger, with the reference that your system sent along ('' for none).

    `created_at_us` is in microseconds since the epoch. `gateway` is what scenarios call the gateway: the name after
    `-to-` in `Adapter.links`. `payment_id` and `key` are your system's own id and the gateway's idempotency key, where
    the ledger has them.
    """

    charge_id: str
    reference: str
    amount_minor: int
    currency: str
    created_at_us: int
    status: Literal["captured", "authorized", "voided", "declined"] = "captured"
    refunded_minor: int = 0
    payment_id: str = ""
    key: str = ""
    gateway: str = "stripe"


@dataclass(frozen=True)
class Record:
    """One payment in your system's own books. `key` is the client's idempotency key, `charge_id` the gateway's id.

    `word` is `PAID`, `FAILED`, or `PENDING` for whatever is not decided.
    """

    payment_id: str
    reference: str
    word: Word
    amount_minor: int
    currency: str
    key: str = ""
    charge_id: str = ""
    gateway: str = "stripe"


class Adapter(ABC):
    """How Faultline speaks to one payment system. Set the three attributes, write the five methods.

    `api_urls`: each replica's address by a name of your choice, as `http://host:port`. `toxiproxy`: the control address
    (`host:port`) of the Toxiproxy server between your system and its gateway. `links`: its proxies by the names that
    scenarios know them by (`api1-to-stripe` is the way to the primary gateway). `currency` and `exponent` are what all
    payments are asked for in. `tells` lists what else you promise to tell.
    """

    api_urls: Mapping[str, str]
    toxiproxy: str
    links: Mapping[str, str]
    currency: str = "EUR"
    exponent: int = 2
    tells: frozenset[Tells] = frozenset()

    @abstractmethod
    def send(self, payment: Payment) -> Request:
        """Return the request that asks for this payment."""

    @abstractmethod
    def answer(self, reply: Reply) -> Seen:
        """Return what the answer to `send` says. Any error that this raises makes the answer UNKNOWN."""

    @abstractmethod
    def look(self, reference: str) -> Request:
        """Return the request that reads a payment by its reference: after a lost answer nobody knows its id."""

    @abstractmethod
    def found(self, reply: Reply) -> Sequence[Seen]:
        """Return every payment that the answer to `look` shows, the newest first; none where there is none.

        Raise an error for an answer that does not tell, such as a 500: then it is asked again.
        """

    @abstractmethod
    def charges(self) -> Iterable[Charge]:
        """Return the gateway's own list of charges, past every faulted link. It is the judge of money."""

    def payments(self) -> Iterable[Record]:
        """Return the payments in your system's books. Optional: without it fewer invariants are judged."""
        raise NotImplementedError

    def reset(self) -> None:
        """Empty your system's and the gateway's books before a run. Optional: each run ignores older ones anyway."""
        raise NotImplementedError


def gives(adapter: Adapter, optional: Literal["payments", "reset"]) -> bool:
    """Tell whether the adapter has that optional method."""
    return getattr(type(adapter), optional) is not getattr(Adapter, optional)
