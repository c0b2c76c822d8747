"""How Faultline speaks to the naive payment service, and to the repaired one: they differ in nothing that is said."""

from collections.abc import Iterable, Sequence
from typing import Any

import requests

from harness.core.adapter import Adapter, Charge, Payment, Record, Reply, Request, Seen, Tells, Word

SERVICE = "http://127.0.0.1:28001"
GATEWAY_ADMIN = "http://127.0.0.1:28013"
WORDS = {"paid": Word.PAID, "failed": Word.FAILED, "new": Word.PENDING}


class Shop(Adapter):
    """One service, one gateway, one link between them."""

    api_urls = {"shop": SERVICE}
    toxiproxy = "127.0.0.1:28010"
    links = {"api1-to-stripe": "shop-to-gateway"}
    tells = frozenset({Tells.REPLAYS, Tells.BUSY, Tells.CHARGES})

    def send(self, payment: Payment) -> Request:
        order = {"order": payment.reference, "amount": payment.amount_minor, "currency": payment.currency}
        return Request("POST", "/pay", {**order, "card": payment.card}, {"Idempotency-Key": payment.key})

    def answer(self, reply: Reply) -> Seen:
        if reply.status in (200, 402):
            return seen(reply.json(), replayed="idempotent-replayed" in reply.headers)
        return Seen({409: Word.BUSY, 422: Word.KEY_REUSED, 400: Word.REFUSED}.get(reply.status, Word.UNKNOWN))

    def look(self, reference: str) -> Request:
        return Request("GET", f"/payments?order={reference}")

    def found(self, reply: Reply, reference: str) -> Sequence[Seen]:
        return [seen(row) for row in reply.json()]

    def charges(self) -> Iterable[Charge]:
        for row in requests.get(f"{GATEWAY_ADMIN}/admin/books", timeout=10).json()["charges"]:
            yield Charge(
                charge_id=row["charge_id"],
                reference=row["reference"],
                amount_minor=row["amount_minor"],
                currency=row["currency"],
                created_at_us=row["created_at_us"],
                status=row["status"],
                refunded_minor=row["refunded_minor"],
                payment_id=row["payment_id"],
                key=row["gateway_key"],
            )

    def payments(self) -> Iterable[Record]:
        for row in requests.get(f"{SERVICE}/payments", timeout=10).json():
            known = {"key": row["idempotency_key"], "charge_id": row["charge"]}
            yield Record(str(row["id"]), row["order_id"], WORDS[row["status"]], row["amount"], row["currency"], **known)

    def reset(self) -> None:
        requests.post(f"{GATEWAY_ADMIN}/admin/reset", timeout=10).raise_for_status()
        requests.delete(f"{SERVICE}/payments", timeout=10).raise_for_status()


def seen(row: dict[str, Any], *, replayed: bool = False) -> Seen:
    return Seen(WORDS[row["status"]], str(row["id"]), row["amount"], row["currency"], replayed)


adapter = Shop()
