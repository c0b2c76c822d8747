"""The load speaks TLS to a real server: one connection for many requests, and nothing sent where it is not trusted."""

import datetime
import ipaddress
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.core.adapter import Request
from harness.core.errors import ControlError, UsageError
from harness.targets.remote import asking
from loadtests.job import job_of
from tests.harness.targets.remote.fake import Listing

pytestmark = pytest.mark.real
BODY_BYTES = 200_000
"""More than one TLS record, and more than one read."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        body = asked + b" " * (BODY_BYTES - len(asked))
        self.server.clients.add(self.client_address)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        return  # who does not trust the certificate hangs up in the middle of the handshake


def certificate(folder: Path) -> Path:
    """Return a file with a certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "payments under test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        built.public_bytes(pem) + key.private_bytes(pem, form, serialization.NoEncryption())
    )  # fmt: skip
    return path


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[_Server, str, str]]:
    """A server, its address, and the file with the certificate to trust."""
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.clients = set()  # type: ignore[attr-defined]
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, f"https://127.0.0.1:{server.server_address[1]}", str(path)
    server.shutdown()
    server.server_close()


CLIENT = """
import json, sys
from gevent import monkey
monkey.patch_all()
from loadtests.engine.sockets import Sockets
from loadtests.tls import place_of
url, port, trusted = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sockets = Sockets([("127.0.0.1", port)], 3.0, lambda: None, [place_of(url, trusted)])
asked = b'{"n": %d}'
told = []
for number in range(3):
    body = asked % number
    head = b"POST /pay HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
    answer = sockets.exchange(0, head + body)
    told.append([answer.error, answer.status, len(answer.body), answer.body[:8].decode()])
print(json.dumps(told))
"""


def exchanged(url: str, trusted: str) -> list[list[object]]:
    command = [sys.executable, "-c", CLIENT, url, url.rsplit(":", 1)[1], trusted]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    told: list[list[object]] = json.loads(ran.stdout)
    return told


def test_requests_and_long_answers_go_through_tls_on_one_connection(secure: tuple[_Server, str, str]) -> None:
    server, url, trusted = secure
    assert exchanged(url, trusted) == [["", 200, BODY_BYTES, f'{{"n": {number}}}'] for number in range(3)]
    assert len(server.clients) == 1  # type: ignore[attr-defined]


def test_nothing_is_sent_to_whom_nobody_vouches_for(secure: tuple[_Server, str, str]) -> None:
    server, url, _ = secure
    assert exchanged(url, "") == [["connect_failed", 0, 0, ""]] * 3
    assert server.clients == set()  # type: ignore[attr-defined]


def test_whoever_does_not_speak_tls_is_not_spoken_to() -> None:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.clients = set()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert {told[0] for told in exchanged(f"https://127.0.0.1:{server.server_address[1]}", "")} == {
            "connect_failed"
        }
    finally:
        server.shutdown()
        server.server_close()


def test_the_harness_asks_over_tls_too_and_says_whom_it_does_not_trust(secure: tuple[_Server, str, str]) -> None:
    _, url, trusted = secure
    adapter = Listing()
    adapter.ca_file = trusted
    assert asking.exchange(adapter, url, Request("POST", "/pay", {"n": 1}), "shop").json() == {"n": 1}
    adapter.ca_file = ""
    with pytest.raises(ControlError, match=r"does not answer: TLS: .*self-signed certificate"):
        asking.exchange(adapter, url, Request("POST", "/pay", {"n": 1}), "shop")


def test_only_a_system_with_an_adapter_is_spoken_to_over_tls() -> None:
    merchant = {"id": "shop", "api_key": "", "currency": "EUR", "exponent": 2}
    job = {"run_dir": ".", "seed": 1, "rate_per_s": 1, "duration_s": 1, "mix": {"sale": 1}}
    job |= {"api_urls": {"a": "https://127.0.0.1"}, "merchants": [merchant], "adapter": "mine.py"}
    assert job_of(json.dumps(job).encode(), "job").api_urls == {"a": "https://127.0.0.1"}
    with pytest.raises(UsageError, match=r"api_urls.a: 'https://127.0.0.1' is not http://HOST:PORT"):
        job_of(json.dumps(job | {"adapter": "", "merchants": [merchant, {**merchant, "id": "b"}]}).encode(), "job")
