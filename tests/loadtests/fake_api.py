"""A payment API in memory that keeps the platform's contract (small, honest, and able to misbehave on request)."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
Misbehaviour = Callable[[Callable[[], Reply]], Reply | str]
"""Given the honest behaviour, returns a reply or the transport error that the client shall see."""

CURRENCIES = {
    "EUR": 2, "JPY": 0, "KWD": 3, "USD": 2, "ISK": 0, "IDR": 2, "UGX": 0, "MGA": 2, "HUF": 2, "TWD": 2, "TND": 3,
}  # fmt: skip
NOT_TAKEN = {("KWD", 1_005), ("MGA", 1_050), ("HUF", 1_250), ("USD", 10**9), ("IDR", 10**12), ("JPY", 10**8)}
CARDS = {
    **dict.fromkeys(
        ("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit", "pm_card_createDispute"), ""
    ),
    "pm_card_visa_chargeDeclined": "card_declined",
    "pm_card_radarBlock": "card_declined",
    "pm_card_ccrejectFraud": "",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
}


class Refused(Exception):
    """A typed error on its way out."""

    def __init__(self, status: int, code: str, payment: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.payment = status, code, payment


def reply(status: int, body: dict[str, Any], **headers: str) -> Reply:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()


def problem(
    status: int, code: str, *, definite: bool = True, payment: dict[str, Any] | None = None, **headers: str
) -> Reply:
    error: dict[str, Any] = {"type": "error", "code": code, "message": code, "param": None, "definite": definite}
    error.update({"correlation_id": "c", **({"payment": payment} if payment else {})})
    return reply(status, {"error": error}, **headers)


@dataclass
class FakeApi:
    """`merchants` maps API keys to merchant ids. `script` misbehaves for the next requests, in order."""

    merchants: dict[str, str]
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[bytes, Reply]] = field(default_factory=dict)
    script: deque[Misbehaviour] = field(default_factory=deque)

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply | str:
        """Answer one request (header names in lower case)."""
        if self.script:
            return self.script.popleft()(lambda: self._honest(method, path, headers, body))
        return self._honest(method, path, headers, body)

    def _honest(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        merchant = self.merchants.get(headers.get("authorization", "").removeprefix("Bearer "))
        if merchant is None:
            return problem(401, "unauthorized")
        try:
            return self._read(path, merchant) if method == "GET" else self._change(path, merchant, headers, body)
        except Refused as refused:
            return problem(refused.status, refused.code, payment=refused.payment)

    def _read(self, path: str, merchant: str) -> Reply:
        path, _, query = path.partition("?")
        if path == "/v1/payments":
            wanted = dict(pair.split("=") for pair in query.split("&") if pair)
            mine = [p for p in reversed(self.payments.values()) if p["merchant_id"] == merchant]
            if "merchant_reference" in wanted:
                mine = [p for p in mine if p["merchant_reference"] == wanted["merchant_reference"]]
            return reply(200, {"data": mine[: int(wanted.get("limit", 10))], "has_more": False})
        kind, subject_id = path.split("/")[2:4]
        found = (self.payments if kind == "payments" else self.refunds).get(subject_id)
        if found is None or self.payments[found.get("payment_id", found["id"])]["merchant_id"] != merchant:
            raise Refused(404, "not_found")
        return reply(200, found)

    def _change(self, path: str, merchant: str, headers: dict[str, str], body: bytes) -> Reply:
        key = headers.get("idempotency-key", "")
        if not 0 < len(key) <= 255:
            raise Refused(400, "idempotency_key_missing")
        fields = _fields(body)
        claimed = self.keys.get((merchant, key))
        if claimed is not None:
            if claimed[0] != path.encode() + body:
                raise Refused(422, "idempotency_key_reused")
            status, more, stored = claimed[1]
            return status, {**more, "Idempotent-Replayed": "true"}, stored
        try:
            fresh = self._execute(path, merchant, fields)
        except Refused as refused:
            if refused.status != 402:
                raise
            fresh = problem(402, refused.code, payment=refused.payment)
        self.keys[merchant, key] = (path.encode() + body, fresh)
        return fresh

    def _execute(self, path: str, merchant: str, fields: dict[str, Any]) -> Reply:
        if path == "/v1/payments":
            return self._create(merchant, fields)
        _, _, _, payment_id, action = path.split("/")
        payment = self.payments.get(payment_id)
        if payment is None or payment["merchant_id"] != merchant:
            raise Refused(404, "not_found")
        return getattr(self, f"_{action}")(payment, fields)  # type: ignore[no-any-return]

    def _create(self, merchant: str, fields: dict[str, Any]) -> Reply:
        currency, card = fields.get("currency"), fields.get("payment_method")
        if currency not in CURRENCIES or not isinstance(card, str) or card not in CARDS:
            raise Refused(422, "invalid_field")
        if fields.get("capture", "automatic") not in ("automatic", "manual"):
            raise Refused(422, "invalid_field")
        amount, manual = _amount(fields, currency), fields.get("capture") == "manual"
        if (currency, amount) in NOT_TAKEN:
            raise Refused(422, "amount_not_supported")
        declined = CARDS[card]
        payment = {
            "id": f"pay_{len(self.payments)}", "object": "payment", "merchant_id": merchant, "amount_minor": amount,
            "currency": currency, "status": "failed" if declined else "authorized" if manual else "captured",
            "authorized_minor": amount, "captured_minor": 0 if declined or manual else amount, "refunded_minor": 0,
            "gateway": "stripe", "merchant_reference": fields["merchant_reference"], "version": 2,
            "last_error": {"code": declined} if declined else None, "refunds": [],
        }  # fmt: skip
        self.payments[payment["id"]] = payment
        if declined:
            raise Refused(402, declined, dict(payment))
        return reply(201, payment)

    def _capture(self, payment: dict[str, Any], fields: dict[str, Any]) -> Reply:
        amount = _amount(fields, payment["currency"])
        if payment["status"] != "authorized" or amount > payment["authorized_minor"]:
            raise Refused(422, "not_capturable")
        payment.update(captured_minor=amount, status="captured", version=payment["version"] + 1)
        return reply(200, payment)

    def _void(self, payment: dict[str, Any], fields: dict[str, Any]) -> Reply:
        if payment["status"] != "authorized":
            raise Refused(422, "not_voidable")
        payment.update(status="canceled", version=payment["version"] + 1)
        return reply(200, payment)

    def _refunds(self, payment: dict[str, Any], fields: dict[str, Any]) -> Reply:
        amount = _amount(fields, payment["currency"])
        if (payment["currency"], amount) in NOT_TAKEN:
            raise Refused(422, "amount_not_supported")
        if amount > payment["captured_minor"] - payment["refunded_minor"]:
            raise Refused(422, "refund_exceeds_captured")
        refund = {
            "id": f"re_{len(self.refunds)}", "object": "refund", "payment_id": payment["id"], "amount_minor": amount,
            "currency": payment["currency"], "status": "succeeded", "merchant_reference": fields["merchant_reference"],
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        payment.update(refunded_minor=payment["refunded_minor"] + amount, version=payment["version"] + 1)
        payment["refunds"] = [*payment["refunds"], refund["id"]]
        payment["status"] = (
            "refunded" if payment["refunded_minor"] == payment["captured_minor"] else "partially_refunded"
        )
        return reply(201, refund)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        raise Refused(400, "malformed_json") from None
    reference = fields.get("merchant_reference") if isinstance(fields, dict) else None
    if not isinstance(reference, str) or len(reference) > 64 or not reference.isprintable():
        raise Refused(422, "invalid_field")
    return fields  # type: ignore[no-any-return]


def _amount(fields: dict[str, Any], currency: str) -> int:
    minor, text = fields.get("amount_minor"), fields.get("amount")
    if (minor is None) == (text is None):
        raise Refused(422, "invalid_amount")
    if isinstance(text, str):
        whole, _, part = text.partition(".")
        exponent = CURRENCIES[currency]
        if not (whole + part).isdigit() or len(part) > exponent:
            raise Refused(422, "invalid_amount")
        minor = int(whole + part.ljust(exponent, "0"))
    if not isinstance(minor, int) or not 0 < minor < 10**12:
        raise Refused(422, "invalid_amount")
    return minor
