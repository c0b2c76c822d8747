"""Receives deliveries, verifies them and keeps what arrived, good or bad."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from system.json_body import InvalidJson, decode
from system.webhooks.signing import SignatureError, verify

BODY_BYTES_MAX = 256 * 1024
EVENTS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery as it arrived. ``sequence`` and ids are None or '' where the body does not tell."""

    event_id: str
    merchant_id: str
    payment_id: str
    type: str
    sequence: int | None
    received_at_us: int
    signature_ok: bool
    body_sha256: str
    http_status: int


def read_secrets(path: Path) -> dict[str, str]:
    """Return webhook secrets by merchant. Raises OSError, msgspec.DecodeError, KeyError."""
    merchants = msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
    return {str(merchant["id"]): str(merchant["webhook_secret"]) for merchant in merchants}


class Receiver:
    """Every merchant's endpoint."""

    def __init__(self, secrets: Mapping[str, str], *, tolerance_s: float = 300.0) -> None:
        self._secrets = secrets
        self._tolerance_s = tolerance_s
        self._received: list[Received] = []

    def receive(self, merchant_id: str, signature: str | None, body: bytes) -> int:
        """Take one delivery in and return the status to answer: 200, or 400 where it is not proven genuine."""
        secret = self._secrets.get(merchant_id)
        if secret is None:
            return 404
        genuine = self._genuine(secret, signature, body)
        told = _object(body)
        status = 200 if genuine and told is not None else 400
        if len(self._received) < EVENTS_MAX:
            self._received.append(_row(merchant_id, told or {}, body, genuine, status))
        return status

    def _genuine(self, secret: str, signature: str | None, body: bytes) -> bool:
        try:
            verify([secret], signature, body, time.time(), tolerance_s=self._tolerance_s)
        except SignatureError:
            return False
        return True

    def rows(self) -> list[dict[str, Any]]:
        """Return everything received, oldest first."""
        return [asdict(row) for row in self._received]

    def __len__(self) -> int:
        return len(self._received)

    def reset(self) -> None:
        """Forget everything received."""
        self._received.clear()


def _row(merchant_id: str, told: dict[str, Any], body: bytes, genuine: bool, status: int) -> Received:
    sequence = told.get("sequence")
    return Received(
        event_id=_text(told.get("event_id") or told.get("id")),
        merchant_id=merchant_id,
        payment_id=_text(told.get("payment_id")) or _payment_in(told.get("data")),
        type=_text(told.get("type")),
        sequence=sequence if isinstance(sequence, int) else None,
        received_at_us=time.time_ns() // 1000,
        signature_ok=genuine,
        body_sha256=hashlib.sha256(body).hexdigest(),
        http_status=status,
    )


def _payment_in(data: Any) -> str:
    """Return the payment's id where it is told inside the event's object."""
    if not isinstance(data, dict):
        return ""
    about = data.get("object")
    inner = about if isinstance(about, dict) else data
    return _text(inner.get("payment_id") or inner.get("id"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        told = decode(body)
    except InvalidJson:
        return None
    return told if isinstance(told, dict) else None
