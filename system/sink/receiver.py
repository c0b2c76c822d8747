"""Receives deliveries, verifies them and keeps what arrived, good or bad, with what it says."""

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from system.json_body import InvalidJson, Json, JsonObject, decode
from system.signing import SignatureError, verify
from system.sink.trouble import Trouble, Troubles

BODY_BYTES_MAX = 256 * 1024
EVENTS_MAX = 1_000_000


@dataclass(slots=True)
class Received:
    """One delivery as it arrived. ``sequence`` and ids are None or '' where the body does not tell.

    ``told_...`` is what it says about the payment. ``http_status`` and ``answered_at_us`` are None until it is
    answered, and for ever where the endpoint hung or closed the connection; ``fault`` is the planted trouble that it
    met.
    """

    event_id: str
    merchant_id: str
    payment_id: str
    type: str
    sequence: int | None
    received_at_us: int
    signature_ok: bool
    body_sha256: str
    http_status: int | None = None
    answered_at_us: int | None = None
    fault: str = ""
    redirected: bool = False
    told_merchant_id: str = ""
    told_status: str = ""
    told_version: int | None = None
    told_amount_minor: int | None = None
    told_currency: str = ""
    told_captured_minor: int | None = None
    told_refunded_minor: int | None = None
    told_reference: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What to answer a delivery: ``status``, unless the ``trouble`` that it met has another."""

    status: int
    row: Received | None = None
    trouble: Trouble | None = None


class _Merchant(msgspec.Struct):
    id: str
    webhook_secret: str


def read_secrets(path: Path) -> dict[str, str]:
    """Return webhook secrets by merchant. Raises OSError, msgspec.DecodeError."""
    merchants = msgspec.json.decode(path.read_bytes(), type=list[_Merchant])
    return {merchant.id: merchant.webhook_secret for merchant in merchants}


class Receiver:
    """Every merchant's endpoint."""

    def __init__(self, secrets: Mapping[str, str], *, tolerance_s: float = 300.0) -> None:
        self.troubles = Troubles()
        self._secrets = secrets
        self._tolerance_s = tolerance_s
        self._received: list[Received] = []
        self._tries: Counter[tuple[str, str]] = Counter()

    def take(self, merchant_id: str, signature: str | None, body: bytes, *, redirected: bool = False) -> Taken:
        """Take one delivery in and say what to answer: 200, or 400 where it is not proven genuine."""
        secret = self._secrets.get(merchant_id)
        if secret is None:
            return Taken(404)
        genuine = self._genuine(secret, signature, body)
        told = _object(body)
        row = _row(merchant_id, told or {}, body, genuine)
        row.redirected = redirected
        trouble = self.troubles.choose(merchant_id, row.event_id, self._tries[merchant_id, row.event_id])
        row.fault = trouble.kind if trouble is not None else ""
        self._tries[merchant_id, row.event_id] += 1
        if len(self._received) < EVENTS_MAX:
            self._received.append(row)
        return Taken(200 if genuine and told is not None else 400, row, trouble)

    def answered(self, taken: Taken, status: int) -> None:
        """Write down what a delivery was answered."""
        if taken.row is not None:
            taken.row.http_status, taken.row.answered_at_us = status, time.time_ns() // 1000

    def _genuine(self, secret: str, signature: str | None, body: bytes) -> bool:
        try:
            verify([secret], signature, body, time.time(), tolerance_s=self._tolerance_s)
        except SignatureError:
            return False
        return True

    def rows(self) -> list[Received]:
        """Return everything received, oldest first."""
        return list(self._received)

    def __len__(self) -> int:
        return len(self._received)

    def reset(self) -> None:
        """Forget everything received, and every trouble."""
        self._received.clear()
        self._tries.clear()
        self.troubles.clear()


def _row(merchant_id: str, told: JsonObject, body: bytes, genuine: bool) -> Received:
    about = _about(told.get("data"))
    return Received(
        event_id=_text(told.get("event_id") or told.get("id")),
        merchant_id=merchant_id,
        payment_id=_text(told.get("payment_id")) or _text(about.get("payment_id") or about.get("id")),
        type=_text(told.get("type")),
        sequence=_number(told.get("sequence")),
        received_at_us=time.time_ns() // 1000,
        signature_ok=genuine,
        body_sha256=hashlib.sha256(body).hexdigest(),
        told_merchant_id=_text(told.get("merchant_id")),
        told_status=_text(about.get("status")),
        told_version=_number(about.get("version")),
        told_amount_minor=_number(about.get("amount_minor")),
        told_currency=_text(about.get("currency")),
        told_captured_minor=_number(about.get("captured_minor")),
        told_refunded_minor=_number(about.get("refunded_minor")),
        told_reference=_text(about.get("merchant_reference")),
    )


def _about(data: Json) -> JsonObject:
    """Return the object that an event tells of."""
    if not isinstance(data, dict):
        return {}
    about = data.get("object")
    return about if isinstance(about, dict) else data


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object(body: bytes) -> JsonObject | None:
    try:
        told = decode(body)
    except InvalidJson:
        return None
    return told if isinstance(told, dict) else None
