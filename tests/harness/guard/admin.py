"""A stand-in for a gateway simulator's admin listener: lists and removes faults."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class FaultyGateway:
    """`stuck` faults are listed for ever, whatever is deleted."""

    def __init__(self, faults: set[str], stuck: frozenset[str] = frozenset()) -> None:
        self.faults = faults
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(
                    200, [{"id": fault, "kind": "brownout", "share": 1.0, "hits": 0} for fault in owner.faults]
                )

            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if sent["kind"] != "brownout":
                    self._answer(422, {"error": f"no kind {sent['kind']}", "kinds": ["brownout"]})
                    return
                owner.faults.add(sent["id"])
                self._answer(201, sent)

            def do_DELETE(self) -> None:
                fault = self.path.rsplit("/", 1)[-1]
                known = fault in owner.faults
                owner.faults -= {fault} - stuck
                self._answer(200 if known else 404, {})

            def _answer(self, status: int, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "FaultyGateway":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
