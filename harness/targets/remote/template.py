"""How Faultline speaks to my payment system.

Fill in what is marked TODO, delete what you do not need, then:

    faultline check-adapter THIS_FILE.py
    faultline run answers_lost_on_the_way --target remote --adapter THIS_FILE.py

docs/your-own-system.md goes through this step by step; `harness.core.adapter` says what each word means.
"""

from collections.abc import Iterable, Sequence

import requests

from harness.core.adapter import Adapter, Charge, Payment, Reply, Request, Seen, Word

SERVICE = "http://127.0.0.1:8000"
"""TODO where your API listens (http or https). Clients pay here; it is asked here how payments stand."""

LEDGER = "http://127.0.0.1:9000"
"""TODO where your gateway (or its sandbox, or its simulator) is asked for its own list of charges: past Toxiproxy."""

WORDS = {"succeeded": Word.PAID, "declined": Word.FAILED, "processing": Word.PENDING}
"""TODO what your API calls the states of a payment. Leave out what is not definite: it counts as UNKNOWN.

PAID and FAILED are for good. PENDING means accepted and not decided yet.
"""


class MySystem(Adapter):
    """One service, one gateway, and one Toxiproxy proxy between them."""

    api_urls = {"api1": SERVICE}
    toxiproxy = "127.0.0.1:8474"  # TODO the control address of your Toxiproxy (8474 is its usual one)

    # TODO the name of your proxy, on the right. On the left stands the part that it plays: `api1-to-stripe` is the way
    # from your API to its primary gateway, whatever yours is called; `clients-to-stripe` is the way from clients to
    # your API (then SERVICE is the address where that proxy listens).
    links = {"api1-to-stripe": "api-to-gateway"}

    currency, exponent = "EUR", 2  # all payments are asked for in this currency, which has so many decimals

    # What else may be said; each has a default, and `harness.core.adapter.Adapter` describes it:
    # headers = {"Authorization": "Bearer test-key"}       # go with every request
    # merchants = {"shop": {"Authorization": "Bearer a"}, "other": {"Authorization": "Bearer b"}}
    # cards, declined_cards = ("4242424242424242",), ("4000000000000002",)  # () where no card is declined
    # patience_s = 5.0                                      # how long one answer is waited for
    # tells = frozenset({Tells.REPLAYS})                    # what your system promises to tell; import Tells for it
    # ca_file = "my-ca.pem"                                 # for https with a certificate authority of your own

    def send(self, payment: Payment) -> Request:
        """Ask for a payment. `reference` names the order and `key` is its idempotency key; a retry repeats both."""
        # TODO your API's request. `form={...}` instead of `json={...}` sends a web form.
        order = {"order": payment.reference, "amount": payment.amount_minor, "currency": payment.currency}
        return Request("POST", "/payments", {**order, "card": payment.card}, {"Idempotency-Key": payment.key})

    def answer(self, reply: Reply) -> Seen:
        """Say what the answer to `send` means, in one word; when in doubt UNKNOWN."""
        # TODO your API's statuses. 409 here means "this key is in use, ask again"; 422 "this key belongs to another
        # payment"; 400 "refused, and nothing was begun".
        if reply.status in (200, 201, 202, 402):
            return self._seen(reply.json())
        return Seen({409: Word.BUSY, 422: Word.KEY_REUSED, 400: Word.REFUSED}.get(reply.status, Word.UNKNOWN))

    def look(self, reference: str) -> Request:
        """Read a payment by its reference: after a lost answer nobody knows its id."""
        return Request("GET", f"/payments?order={reference}")  # TODO

    def found(self, reply: Reply, reference: str) -> Sequence[Seen]:
        """Return the payments with that reference in the answer to `look`, the newest first; [] where there is none."""
        if reply.status == 404:
            return []
        return [self._seen(row) for row in reply.json() if row["order"] == reference]  # TODO

    def charges(self, since_us: int = 0) -> Iterable[Charge]:
        """Return the gateway's own list of charges: the judge of money. Older ones than `since_us` may be left out."""
        for row in requests.get(f"{LEDGER}/charges", timeout=10).json():  # TODO
            yield Charge(
                charge_id=row["id"],
                reference=row["metadata"]["order"],  # what your system sent along: charges are told apart by it
                amount_minor=row["amount"],
                currency=row["currency"],
                created_at_us=row["created"] * 1_000_000,  # microseconds since the epoch
                status="captured" if row["paid"] else "declined",
                refunded_minor=row["amount_refunded"],
            )

    # Optional, each makes more judged (docs/your-own-system.md says what):
    #   def payments(self) -> Iterable[Record]: your system's own books
    #   def reset(self) -> None: empties books before a run; without it a run ignores what is older

    @staticmethod
    def _seen(row: dict[str, object]) -> Seen:
        # TODO what your API calls a payment's state, id, amount and currency
        word = WORDS.get(str(row["status"]), Word.UNKNOWN)
        return Seen(word, str(row["id"]), int(str(row["amount"])), str(row["currency"]))


adapter = MySystem()
