"""A small payment system behind a real socket, sound or not as it is told: for adapters to be tried on."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Shop(ThreadingHTTPServer):
    """Takes `POST /payments`, shows `GET /payments?order=`, and lists `GET /charges`. `unsound` charges every request.

    Its words are those of the template that `faultline init` writes.
    """

    daemon_threads = True

    def __init__(self, *, unsound: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.unsound = unsound
        self.rows: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[dict[str, Any], int, dict[str, Any]]] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def pay(self, key: str, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if key in self.keys and not self.unsound:
                asked, status, row = self.keys[key]
                return (status, row) if asked == order else (422, {})
            declined = "Declined" in str(order["card"])
            row = {
                "id": f"p{len(self.rows)}", "order": order["order"], "amount": order["amount"],
                "currency": order["currency"], "status": "declined" if declined else "succeeded",
                "created": int(time.time()),
            }  # fmt: skip
            self.rows.append(row)
            self.keys[key] = (order, 402 if declined else 200, row)
            return self.keys[key][1:]

    def charges(self) -> list[dict[str, Any]]:
        return [
            {"id": f"ch-{row['id']}", "metadata": {"order": row["order"]}, "amount": row["amount"],
             "currency": row["currency"], "created": row["created"], "paid": row["status"] == "succeeded",
             "amount_refunded": 0}
            for row in self.rows
        ]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(*self.server.pay(self.headers["Idempotency-Key"], order))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/charges":
            self._say(200, self.server.charges())
            return
        wanted = parse_qs(parts.query).get("order", [""])[0]
        self._say(200, [row for row in reversed(self.server.rows) if row["order"] == wanted])

    def _say(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def serving(*, unsound: bool = False) -> Iterator[Shop]:
    """Serve until the end of the block."""
    shop = Shop(unsound=unsound)
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    yield shop
    shop.shutdown()
    shop.server_close()
