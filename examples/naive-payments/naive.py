"""A payment service as it is written in an afternoon: FastAPI, SQLite, one gateway. It works, until an answer is lost.

It knows no idempotency key, waits a second for its gateway, and calls whatever it did not hear of a failure.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1:28011")
BOOKS = Path(os.environ.get("BOOKS", "payments.sqlite"))
TIMEOUT_S = 1.0

LOCK = threading.Lock()
CONNECTION = sqlite3.connect(BOOKS, check_same_thread=False, isolation_level=None)
CONNECTION.row_factory = sqlite3.Row
CONNECTION.execute("PRAGMA journal_mode = WAL")
CONNECTION.execute("PRAGMA synchronous = NORMAL")
CONNECTION.execute(
    "CREATE TABLE IF NOT EXISTS payments (id INTEGER PRIMARY KEY, order_id TEXT, idempotency_key TEXT DEFAULT '',"
    " amount INTEGER, currency TEXT, status TEXT, charge TEXT DEFAULT '')"
)

app = FastAPI()


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
def pay(order: Order) -> JSONResponse:
    """Take the money for an order."""
    with books() as db:
        number = db.execute(
            "INSERT INTO payments (order_id, amount, currency, status) VALUES (?, ?, ?, 'new')",
            (order.order, order.amount, order.currency),
        ).lastrowid
    try:
        reply = requests.post(
            f"{GATEWAY}/v1/payment_intents",
            data={
                "amount": order.amount,
                "currency": order.currency.lower(),
                "payment_method": order.card,
                "confirm": "true",
                "metadata[merchant_reference]": order.order,
                "metadata[payment_id]": str(number),
            },
            headers={"Authorization": "Bearer sk_test_naive"},
            timeout=TIMEOUT_S,
        )
        answer = reply.json()
    except (requests.RequestException, ValueError):
        return finish(number, "failed", 502)
    if reply.status_code == 200:
        return finish(number, "paid", 200, charge=answer["id"])
    return finish(number, "failed", 402)


def finish(number: int | None, status: str, http_status: int, charge: str = "") -> JSONResponse:
    """Write down how a payment ended, and say so."""
    with books() as db:
        db.execute("UPDATE payments SET status = ?, charge = ? WHERE id = ?", (status, charge, number))
        row = db.execute("SELECT * FROM payments WHERE id = ?", (number,)).fetchone()
    return JSONResponse(dict(row), http_status)


@app.get("/payments")
def payments(order: str = "") -> list[dict[str, object]]:
    """Show the payments of an order, the newest first; all of them without one."""
    wanted = ("WHERE order_id = ?", (order,)) if order else ("", ())
    with books() as db:
        return [dict(row) for row in db.execute(f"SELECT * FROM payments {wanted[0]} ORDER BY id DESC", wanted[1])]


@app.delete("/payments")
def empty() -> None:
    """Forget everything (for tests)."""
    with books() as db:
        db.execute("DELETE FROM payments")
