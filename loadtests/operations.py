"""What a shopkeeper asks for, as one value: the request to send and what the history shall say about it."""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from harness.core.addresses import parse_api_url
from harness.core.plain import JsonObject, Plain
from loadtests.amounts import decimal_text
from loadtests.http1 import Answer
from loadtests.job import LoadJob, Merchant
from loadtests.tls import TlsPlace

PAYMENTS = "/v1/payments"

_encode = msgspec.json.Encoder().encode


class Operation(msgspec.Struct):
    """One client operation. Sending it again (attempt 2, 3, ...) repeats it byte for byte under the same key.

    `expect` is `succeed`, `decline`, `refuse` or `any`. `replica` indexes the job's `api_urls` for the first attempt;
    further attempts alternate. `follow` says whether an unknown outcome is followed up, `resend` whether it is sent
    again at all. `headers` are additional or replacing header lines (for malformed requests). `patience_s` is how long
    the first attempt is waited for; 0 means as long as any other.
    """

    op: str
    kind: str
    method: str
    path: str
    body: bytes
    merchant: Merchant
    replica: int
    expect: str
    correlation_id: str
    key: str | None = None
    reference: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    amount_minor: int | None = None
    capture_mode: str | None = None
    payment_method: str | None = None
    follow: bool = True
    resend: bool = True
    patience_s: float = 0.0
    headers: Mapping[str, str] = {}

    def payload_hash(self) -> str | None:
        """Return a hash of what is asked for, None where nothing is."""
        if not self.body:
            return None
        return blake2b(self.path.encode() + b"\n" + self.body, digest_size=16).hexdigest()


def money_fields(merchant: Merchant, amount_minor: int) -> dict[str, int | str]:
    """Return an amount in the form that this merchant sends: an integer, or a decimal string."""
    if merchant.amount_form == "decimal":
        return {"amount": decimal_text(amount_minor, merchant.exponent)}
    return {"amount_minor": amount_minor}


def json_body(fields: Mapping[str, Plain]) -> bytes:
    """Return a request's body."""
    return _encode(fields)


def json_fields(body: bytes) -> JsonObject:
    """Return the fields of a request's body."""
    fields: JsonObject = msgspec.json.decode(body)
    return fields


class Wire:
    """Turns operations into the bytes of HTTP/1.1 requests. Head lines that repeat are prepared once."""

    def __init__(self, job: LoadJob) -> None:
        """`job` gives the replicas and the merchants' keys."""
        self.names = list(job.api_urls)
        urls = job.api_urls.items()
        self.addresses = [parse_api_url(url, field=f"api_urls.{name}", tls=bool(job.adapter)) for name, url in urls]
        self.tls: list[TlsPlace | None] = [None] * len(self.addresses)
        self._heads = {
            (place, merchant.id): _head(host, port, merchant)
            for place, (host, port) in enumerate(self.addresses)
            for merchant in job.merchants
        }

    def request(self, operation: Operation, replica: int) -> bytes:
        """Return the request's bytes for that replica."""
        head = self._heads[replica, operation.merchant.id]
        if operation.headers:
            head = _replaced(head, operation.headers)
        body = operation.body
        key = f"Idempotency-Key: {operation.key}\r\n" if operation.key is not None else ""
        size = f"Content-Length: {len(body)}\r\n" if operation.method == "POST" else ""
        start = f"{operation.method} {operation.path} HTTP/1.1\r\n{head}"
        return f"{start}{key}X-Correlation-Id: {operation.correlation_id}\r\n{size}\r\n".encode("latin-1") + body

    def heard(self, operation: Operation, answer: Answer) -> Answer:
        """Return the answer as our own API would give it, which here it is."""
        return answer


def _head(host: str, port: int, merchant: Merchant) -> str:
    return f"Host: {host}:{port}\r\nAuthorization: Bearer {merchant.api_key}\r\nContent-Type: application/json\r\n"


def _replaced(head: str, headers: Mapping[str, str]) -> str:
    lines = [line for line in head.split("\r\n") if line and line.split(":", 1)[0] not in headers]
    lines += [f"{name}: {value}" for name, value in headers.items() if value]
    return "".join(f"{line}\r\n" for line in lines)
