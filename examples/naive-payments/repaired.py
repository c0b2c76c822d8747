"""The naive payment service, repaired: an answer that is lost delays a payment, and does nothing else.

What changed: a payment belongs to its idempotency key, which is claimed before the gateway is asked; the gateway is
asked under a key of the payment's own, as often as it takes; what nobody heard of is unknown, never failed.
"""

import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

import requests
from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1:28011")
BOOKS = Path(os.environ.get("BOOKS", "payments.sqlite"))
TIMEOUT_S = 1.0
RESOLVE_EVERY_S = 0.5
CLAIM_S = 4.0
"""Whoever claimed a payment has given up by then: the gateway's timeout and some room."""


LOCK = threading.Lock()
CONNECTION = sqlite3.connect(BOOKS, check_same_thread=False, isolation_level=None)
CONNECTION.row_factory = sqlite3.Row
CONNECTION.execute("PRAGMA journal_mode = WAL")
CONNECTION.execute("PRAGMA synchronous = NORMAL")
CONNECTION.execute(
    "CREATE TABLE IF NOT EXISTS payments (id INTEGER PRIMARY KEY, order_id TEXT, idempotency_key TEXT UNIQUE,"
    " amount INTEGER, currency TEXT, card TEXT, status TEXT, charge TEXT DEFAULT '', claimed_until REAL)"
)


@asynccontextmanager
async def resolving(app: FastAPI) -> AsyncIterator[None]:
    """Ask again, in the background, about every payment of which nobody heard."""
    halt = threading.Event()
    thread = threading.Thread(target=resolve_all, args=(halt,))
    thread.start()
    yield
    halt.set()
    thread.join()


app = FastAPI(lifespan=resolving)


class Order(BaseModel):
    """What a shop asks for. `amount` is in cents."""

    order: str
    amount: int
    currency: str
    card: str


@contextmanager
def books() -> Iterator[sqlite3.Connection]:
    """Give the books to one thread at a time."""
    with LOCK:
        yield CONNECTION


@app.post("/pay")
def pay(order: Order, idempotency_key: Annotated[str, Header()]) -> JSONResponse:
    """Take the money for an order, once for each idempotency key."""
    with books() as db:
        db.execute(
            "INSERT INTO payments (order_id, idempotency_key, amount, currency, card, status, claimed_until)"
            " VALUES (?, ?, ?, ?, ?, 'new', 0) ON CONFLICT DO NOTHING",
            (order.order, idempotency_key, order.amount, order.currency, order.card),
        )
        row = db.execute("SELECT * FROM payments WHERE idempotency_key = ?", (idempotency_key,)).fetchone()
    if (row["order_id"], row["amount"], row["currency"], row["card"]) != tuple(order.model_dump().values()):
        return JSONResponse({"error": "this key belongs to another payment"}, 422)
    if row["status"] != "new":
        return told(row, replayed=True)
    if not claim(row["id"]):
        return JSONResponse({"error": "this payment is under way, ask again"}, 409)
    row = charge(row)
    return told(row) if row["status"] != "new" else JSONResponse({"error": "not known yet, ask again"}, 503)


def claim(number: int) -> bool:
    """Take the right to ask the gateway about a payment; False where somebody else has it."""
    now = time.time()
    with books() as db:
        changed = db.execute(
            "UPDATE payments SET claimed_until = ? WHERE id = ? AND status = 'new' AND claimed_until < ?",
            (now + CLAIM_S, number, now),
        )
    return changed.rowcount == 1


def charge(row: sqlite3.Row) -> sqlite3.Row:
    """Ask the gateway, under the payment's own key, and write down what it says. No answer changes nothing."""
    status, charge_id = "new", ""
    try:
        reply = requests.post(
            f"{GATEWAY}/v1/payment_intents",
            data={
                "amount": row["amount"],
                "currency": row["currency"].lower(),
                "payment_method": row["card"],
                "confirm": "true",
                "metadata[merchant_reference]": row["order_id"],
                "metadata[payment_id]": str(row["id"]),
            },
            headers={
                "Authorization": "Bearer sk_test_naive",
                "Idempotency-Key": f"payment-{row['idempotency_key']}",
            },
            timeout=TIMEOUT_S,
        )
        if reply.status_code == 200:
            status, charge_id = "paid", reply.json()["id"]
        elif reply.status_code == 402:
            status, charge_id = "failed", reply.json()["error"]["payment_intent"]["id"]
    except (requests.RequestException, ValueError):
        pass  # nobody knows: the money may be taken
    with books() as db:
        db.execute(
            "UPDATE payments SET status = ?, charge = ?, claimed_until = 0 WHERE id = ? AND status = 'new'",
            (status, charge_id, row["id"]),
        )
        known: sqlite3.Row = db.execute("SELECT * FROM payments WHERE id = ?", (row["id"],)).fetchone()
    return known


def told(row: sqlite3.Row, *, replayed: bool = False) -> JSONResponse:
    """Return the one answer that a decided payment has."""
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return JSONResponse(shown(row), 200 if row["status"] == "paid" else 402, headers)


def shown(row: sqlite3.Row) -> dict[str, object]:
    """Return a payment as shops see it."""
    names = ("id", "order_id", "idempotency_key", "amount", "currency", "status", "charge")
    return {name: row[name] for name in names}


def resolve_all(halt: threading.Event) -> None:
    """Ask about what is still unknown, until told to stop."""
    while not halt.wait(RESOLVE_EVERY_S):
        with books() as db:
            unknown = db.execute("SELECT * FROM payments WHERE status = 'new' AND claimed_until < ?", (time.time(),))
            rows = unknown.fetchall()
        for row in rows:
            if halt.is_set():
                return
            if claim(row["id"]):
                charge(row)


@app.get("/payments")
def payments(order: str = "") -> list[dict[str, object]]:
    """Show the payments of an order, the newest first; all of them without one."""
    wanted = ("WHERE order_id = ?", (order,)) if order else ("", ())
    with books() as db:
        return [shown(row) for row in db.execute(f"SELECT * FROM payments {wanted[0]} ORDER BY id DESC", wanted[1])]


@app.delete("/payments")
def empty() -> None:
    """Forget everything (for tests)."""
    with books() as db:
        db.execute("DELETE FROM payments")
