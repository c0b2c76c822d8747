"""A request whose connection ended before its last byte is no request: nothing runs, and its key stays free."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.system.gateways.live import API_KEY, LiveGateway, eventually
from tests.system.gateways.tellers import StripeTeller


def send_half_a_create(gateway: LiveGateway, key: str) -> None:
    """Announce a longer body than is sent, and hang up: a prefix of a form is a valid form."""
    body = b"amount=1000&currency=eur"
    parts = urlsplit(gateway.url)
    head = (
        f"POST /v1/payment_intents HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {API_KEY}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 400\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(head.encode() + body)


def test_half_a_request_runs_nothing_and_leaves_its_key_free(open_gateway: Callable[..., LiveGateway]) -> None:
    gateway = open_gateway("stripe")
    send_half_a_create(gateway, "k1")
    eventually(lambda: len(gateway.books()["calls"]) == 1)
    assert [call["result"] for call in gateway.books()["calls"]] == ["not_executed"]
    assert gateway.books()["charges"] == []
    assert StripeTeller(gateway).sell("k1", 1000).ok
