"""A payment API with Stripe's words, sound: whoever sends a request again under its key gets the first answer again.

What Stripe publishes about keys (docs.stripe.com/api/idempotent_requests, read 2026-12-01) is all here: the first
answer under a key is stored and repeated with `Idempotent-Replayed: true`, the same key with other parameters is an
error, and while the first request is worked on, another one is told 409. It keeps everything in memory.
"""

import asyncio
import itertools
import time
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

BANK_S = 0.02
"""How long the bank takes: time enough for two requests to meet under one key."""
CARDS = {"pm_card_visa": "succeeded", "pm_card_visa_chargeDeclined": "requires_payment_method"}

Row = dict[str, object]
app = FastAPI()
numbers = itertools.count(1)
intents: list[tuple[str, Row]] = []
"""Every payment, with the account that made it."""
asked: dict[str, dict[str, str]] = {}
"""What was asked for under each key: it belongs to that for good."""
answered: dict[str, tuple[int, Row]] = {}
"""The first answer under each key."""


@app.post("/v1/payment_intents")
async def create(request: Request) -> JSONResponse:
    """Make a payment and charge it at once."""
    fields = dict(parse_qsl((await request.body()).decode()))
    account, key = request.headers.get("authorization", ""), request.headers.get("idempotency-key", "")
    if not account or not key or fields.get("payment_method") not in CARDS:
        return JSONResponse({"error": {"type": "invalid_request_error"}}, 400)
    key = f"{account} {key}"  # keys are an account's own
    if asked.setdefault(key, fields) != fields:
        return JSONResponse({"error": {"type": "idempotency_error", "code": "idempotency_key_reused"}}, 400)
    if key in answered:
        status, body = answered[key]
        return JSONResponse(body, status, {"Idempotent-Replayed": "true"})
    if asked[key] is not fields:
        return JSONResponse({"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}, 409)
    await asyncio.sleep(BANK_S)
    answered[key] = answer = charged(account, fields)
    return JSONResponse(answer[1], answer[0])


def charged(account: str, fields: dict[str, str]) -> tuple[int, Row]:
    """Ask the bank, write the payment down, and return the answer: there is no await in between."""
    number, status = next(numbers), CARDS[fields["payment_method"]]
    paid = status == "succeeded"
    charge = {"id": f"ch_{number}", "amount_refunded": 0, "status": "succeeded" if paid else "failed"}
    intent: Row = {
        "id": f"pi_{number}",
        "amount": int(fields["amount"]),
        "currency": fields["currency"],
        "status": status,
        "created": int(time.time()),
        "latest_charge": charge,
        "metadata": {name[9:-1]: value for name, value in fields.items() if name.startswith("metadata[")},
    }
    intents.append((account, intent))
    return (200, intent) if paid else (402, {"error": {"code": "card_declined", "payment_intent": intent}})


@app.get("/v1/payment_intents")
async def listed(request: Request) -> Row:
    """Return every payment of an account."""
    account = request.headers.get("authorization", "")
    return {"object": "list", "data": [row for owner, row in intents if owner == account], "has_more": False}


@app.delete("/_config/data")
async def forget() -> None:
    """Forget everything (for tests)."""
    for kept in (intents, asked, answered):
        kept.clear()
