"""How Faultline speaks to a payment API with Stripe's words behind Toxiproxy: what breaks is the way to it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import requests

from harness.core.adapter import Adapter, Charge, Payment, Record, Reply, Request, Seen, Tells, Word

THROUGH_PROXY = "http://127.0.0.1:28021"
STRAIGHT = "http://127.0.0.1:28022"
ACCOUNTS = {name: {"Authorization": f"Bearer sk_test_{name}"} for name in ("alpha", "beta")}
WORDS = {"succeeded": Word.PAID, "processing": Word.PENDING, "requires_payment_method": Word.FAILED}


class StripeLike(Adapter):
    """One API, and one link between its clients and it."""

    api_urls = {"api": THROUGH_PROXY}
    toxiproxy = "127.0.0.1:28020"
    links = {"clients-to-stripe": "clients-to-api"}
    merchants = ACCOUNTS
    cards = ("pm_card_visa",)
    declined_cards = ("pm_card_visa_chargeDeclined",)
    tells = frozenset({Tells.REPLAYS, Tells.CHARGES})

    def send(self, payment: Payment) -> Request:
        fields = {
            "amount": payment.amount_minor,
            "currency": payment.currency.lower(),
            "payment_method": payment.card,
            "confirm": "true",
            "metadata[reference]": payment.reference,
            "metadata[merchant]": payment.merchant,
        }
        return Request("POST", "/v1/payment_intents", form=fields, headers={"Idempotency-Key": payment.key})

    def answer(self, reply: Reply) -> Seen:
        if reply.status == 200:
            return seen(reply.json(), replayed="idempotent-replayed" in reply.headers)
        if reply.status == 402:
            return Seen(Word.FAILED, replayed="idempotent-replayed" in reply.headers)
        if reply.status == 400 and reply.json()["error"]["type"] == "idempotency_error":
            return Seen(Word.KEY_REUSED)
        return Seen({400: Word.REFUSED, 409: Word.BUSY}.get(reply.status, Word.UNKNOWN))

    def look(self, reference: str) -> Request:
        return Request("GET", "/v1/payment_intents?limit=100000")

    def found(self, reply: Reply, reference: str) -> Sequence[Seen]:
        mine = [row for row in reply.json()["data"] if row["metadata"].get("reference") == reference]
        return [seen(row) for row in reversed(mine)]

    def charges(self) -> Iterable[Charge]:
        for row in every():
            if charge := row["latest_charge"]:
                yield Charge(
                    charge_id=charge["id"],
                    reference=row["metadata"].get("reference", ""),
                    amount_minor=row["amount"],
                    currency=row["currency"],
                    created_at_us=row["created"] * 1_000_000,
                    status="captured" if charge["status"] == "succeeded" else "declined",
                    refunded_minor=charge["amount_refunded"],
                    payment_id=row["id"],
                    merchant=row["metadata"].get("merchant", "alpha"),
                )

    def payments(self) -> Iterable[Record]:
        for row in every():
            told, charge, of = seen(row), row["latest_charge"] or {"id": ""}, row["metadata"]
            known = {"charge_id": charge["id"], "merchant": of.get("merchant", "alpha")}
            yield Record(row["id"], of.get("reference", ""), told.word, row["amount"], row["currency"], **known)

    def reset(self) -> None:
        requests.delete(f"{STRAIGHT}/_config/data", timeout=10).raise_for_status()


def every() -> Iterator[dict[str, Any]]:
    """Every payment once; some APIs of this kind show each account all payments."""
    rows: dict[str, dict[str, Any]] = {}
    for headers in ACCOUNTS.values():
        reply = requests.get(f"{STRAIGHT}/v1/payment_intents?limit=100000", headers=headers, timeout=10)
        reply.raise_for_status()
        rows |= {row["id"]: row for row in reply.json()["data"]}
    yield from rows.values()


def seen(row: dict[str, Any], *, replayed: bool = False) -> Seen:
    return Seen(WORDS.get(row["status"], Word.UNKNOWN), row["id"], row["amount"], row["currency"], replayed)


adapter = StripeLike()
