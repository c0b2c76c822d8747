"""A little endpoint that receives webhooks and remembers them in order."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.system.gateways.live import free_port


class Hooks:
    """Answers `statuses` in turn, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.received: list[tuple[str, bytes]] = []
        left = list(statuses)
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers.get("Stripe-Signature") or self.headers.get("Paypal-Signature") or ""
                status = left.pop(0) if left else 200
                if status == 200:
                    hooks.received.append((signature, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        port = free_port()
        self.url = f"http://127.0.0.1:{port}/webhooks"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Hooks":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
