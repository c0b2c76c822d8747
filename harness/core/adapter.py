"""What Faultline must know of a payment system that is not ours: one Python file with one `Adapter`.

The file ends with `adapter = MyAdapter()`. The load generator and the harness each import it; `send`, `answer`, `look`
and `found` must not talk to anybody: they only translate. docs/your-own-system.md writes one step by step, `faultline
init` begins one, and `faultline check-adapter` says all that is wrong with it.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlencode

MERCHANT = "shop"
"""The merchant of an adapter that names none."""

CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit")
DECLINED_CARDS = ("pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds")
"""Stripe's test payment methods (docs.stripe.com/testing, read 2026-12-01), for an adapter that names no cards."""

GATEWAY_CLOCK_US = 1_000_000
"""How far the clock of a gateway that is not ours may be from this machine's."""


class Word(StrEnum):
    """What an answer says of a payment.

    `PAID` and `FAILED` are final: the money was taken, or it was not and will not be. `PENDING`: accepted under the id
    that the answer shows, and not decided yet. The same key may be answered PENDING any number of times, in whatever
    bytes, always about that payment; from the first answer that decides on, every answer is that one. `REFUSED`:
    nothing was begun. `KEY_REUSED`: refused, the key belongs to another payload. `BUSY`: not now, ask again under the
    same key. `UNKNOWN` is everything that is not definite.
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

    `REPLAYS`: of the answers under one key that decide (PAID, FAILED), the first is not marked, and all later ones are
    marked as repeated and have the same bytes; `answer` sets `Seen.replayed`. What was PENDING before counts for
    nothing here. `BUSY`: a request whose key is in use is answered "not now" (`Word.BUSY`) instead of waiting.
    `VERSIONS`: `Seen.version` grows with each change of a payment. `CHARGES`: `Record.charge_id` names the charge that
    the system knows of.
    """

    REPLAYS = "replays"
    BUSY = "busy"
    VERSIONS = "versions"
    CHARGES = "charges"


@dataclass(frozen=True)
class Payment:
    """A payment to ask for. `reference` is the order's name, `key` its idempotency key; retries repeat both.

    `amount_minor` is in minor units of `currency` (spelled as the adapter spells it), which has `exponent` decimals.
    `card` is one of the adapter's cards; `declines` says whether that card must be declined. `merchant` is who asks.
    """

    reference: str
    key: str
    amount_minor: int
    currency: str
    exponent: int
    card: str
    declines: bool
    merchant: str = MERCHANT


@dataclass(frozen=True)
class Request:
    """One HTTP request. `path` begins with `/`; `headers` are additional ones, and go before all others.

    The body is `json`, or `form` (fields as a web form sends them), or empty where neither is given.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    json: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str | int] | None = None

    @property
    def content_type(self) -> str:
        """The type of the body, as a header says it."""
        return "application/json" if self.form is None else "application/x-www-form-urlencoded"

    @property
    def body(self) -> bytes:
        """The bytes of the body, empty where there is none."""
        if self.form is not None:
            return urlencode(self.form).encode()
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
    the ledger has them. `merchant` is one of `Adapter.merchants`.
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
    merchant: str = MERCHANT


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
    merchant: str = MERCHANT


class Adapter(ABC):
    """How Faultline speaks to one payment system. Set the three attributes, write the five methods.

    `api_urls`: each replica's address by a name of your choice, as `http://host:port` or `https://host:port`.
    `toxiproxy`: the control address (`host:port`) of the Toxiproxy server between your system and its gateway, or
    between clients and your system. `links`: its proxies by the names that scenarios know them by (`api1-to-stripe` is
    the way to the primary gateway).

    The rest has defaults. `currency` and `exponent` are what all payments are asked for in. `tells` lists what else you
    promise to tell. `headers` go with every request. `merchants` are who asks, each with the headers that make a
    request theirs (credentials): with a second one, I11 is judged. `cards` are paid with; `declined_cards` must be
    declined, and without any no declines are sent. `patience_s` is how long one answer is waited for. `ca_file` is a
    certificate authority of your own (PEM) that `https` is checked against, beside those that the machine knows.
    """

    api_urls: Mapping[str, str]
    toxiproxy: str
    links: Mapping[str, str]
    currency: str = "EUR"
    exponent: int = 2
    tells: frozenset[Tells] = frozenset()
    headers: Mapping[str, str] = MappingProxyType({})
    merchants: Mapping[str, Mapping[str, str]] = MappingProxyType({MERCHANT: MappingProxyType({})})
    cards: Sequence[str] = CARDS
    declined_cards: Sequence[str] = DECLINED_CARDS
    patience_s: float = 5.0
    ca_file: str = ""

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
    def found(self, reply: Reply, reference: str) -> Sequence[Seen]:
        """Return every payment with that reference in the answer to `look`, the newest first; none where there is none.

        Raise an error for an answer that does not tell, such as a 500: then it is asked again.
        """

    @abstractmethod
    def charges(self) -> Iterable[Charge]:
        """Return the gateway's own list of charges, past every faulted link. It is the judge of money.

        With a parameter `since_us` it is told what is needed: charges made before that moment (microseconds since the
        epoch) may be left out. `payments` likewise.
        """

    def payments(self) -> Iterable[Record]:
        """Return the payments in your system's books. Optional: without it fewer invariants are judged."""
        raise NotImplementedError

    def reset(self) -> None:
        """Empty your system's and the gateway's books before a run. Optional: each run ignores older ones anyway."""
        raise NotImplementedError


def request_headers(adapter: Adapter, request: Request, merchant: str) -> dict[str, str]:
    """Return the headers of a request that this merchant makes: its own before the merchant's before the adapter's."""
    own = adapter.merchants.get(merchant, {})
    return {"Content-Type": request.content_type, **adapter.headers, **own, **request.headers}


def gives(adapter: Adapter, optional: Literal["payments", "reset"]) -> bool:
    """Tell whether the adapter has that optional method."""
    return getattr(type(adapter), optional) is not getattr(Adapter, optional)
