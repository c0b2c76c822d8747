"""The merchants' sink: keeps what arrives, believes only what is signed."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from system.gateways.common.connections import Connections
from system.gateways.common.serve import server
from system.signing import sign
from system.sink.app import build_admin, build_public
from system.sink.receiver import BODY_BYTES_MAX, Receiver, read_secrets
from tests.system.gateways.live import Answer, LiveServers, call, eventually, free_port

BODY = (
    b'{"id":"evt_1","type":"payment.captured","payment_id":"pay_1","sequence":3,"merchant_id":"m_alpha",'
    b'"data":{"id":"pay_1","object":"payment","status":"captured","version":3,"amount_minor":1999,"currency":"EUR",'
    b'"captured_minor":1999,"refunded_minor":0,"merchant_reference":"order-1"}}'
)


class Sink:
    def __init__(self) -> None:
        port, admin_port = free_port(), free_port()
        self.url, self.admin = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}"
        self.receiver = Receiver({"m_alpha": "whsec_a", "m_beta": "whsec_b"})
        connections = Connections()
        public, admin = build_public(self.receiver, connections), build_admin("sink", self.receiver)
        self.servers = LiveServers(
            lambda: [
                server(public, "127.0.0.1", port, protocol=connections.protocol()),
                server(admin, "127.0.0.1", admin_port),
            ]
        )

    def post(self, signature: str | None, body: bytes = BODY, merchant: str = "m_alpha") -> Answer:
        headers = {"Webhook-Signature": signature} if signature is not None else {}
        return call("POST", f"{self.url}/hooks/{merchant}", headers, body)

    def events(self) -> list[dict[str, object]]:
        told: list[dict[str, object]] = call("GET", f"{self.admin}/admin/events").json
        return told


@pytest.fixture
def sink() -> Iterator[Sink]:
    running = Sink()
    yield running
    running.servers.stop()


def test_a_genuine_delivery_is_accepted_and_kept(sink: Sink) -> None:
    assert sink.post(sign("whsec_a", BODY, int(time.time()))).status == 200
    (event,) = sink.events()
    for moment in ("received_at_us", "answered_at_us"):
        assert abs(int(str(event.pop(moment))) / 1e6 - time.time()) < 30
    assert event == {
        "event_id": "evt_1",
        "merchant_id": "m_alpha",
        "payment_id": "pay_1",
        "type": "payment.captured",
        "sequence": 3,
        "signature_ok": True,
        "body_sha256": hashlib.sha256(BODY).hexdigest(),
        "http_status": 200,
        "fault": "",
        "redirected": False,
        "told_merchant_id": "m_alpha",
        "told_status": "captured",
        "told_version": 3,
        "told_amount_minor": 1999,
        "told_currency": "EUR",
        "told_captured_minor": 1999,
        "told_refunded_minor": 0,
        "told_reference": "order-1",
    }


@pytest.mark.parametrize(
    "signed_at",
    [
        lambda now: None,
        lambda now: "",
        lambda now: "t=1,v1=abc",
        lambda now: sign("whsec_b", BODY, now),
        lambda now: sign("whsec_a", BODY + b" ", now),
        lambda now: sign("whsec_a", BODY, now - 1000),
        lambda now: sign("whsec_a", BODY, now + 1000),
    ],
    ids=["none", "empty", "gibberish", "other secret", "other body", "old", "future"],
)
def test_a_delivery_that_is_not_proven_is_refused_and_kept_as_such(
    sink: Sink, signed_at: Callable[[int], str | None]
) -> None:
    assert sink.post(signed_at(int(time.time()))).status == 400
    (event,) = sink.events()
    assert (event["signature_ok"], event["http_status"]) == (False, 400)


def test_a_repeated_delivery_is_accepted_and_kept_twice(sink: Sink) -> None:
    for _ in range(2):
        assert sink.post(sign("whsec_a", BODY, int(time.time()))).status == 200
    assert [event["event_id"] for event in sink.events()] == ["evt_1", "evt_1"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"'])
def test_a_signed_body_that_is_no_object_is_refused(sink: Sink, body: bytes) -> None:
    assert sink.post(sign("whsec_a", body, int(time.time())), body).status == 400
    assert sink.events()[0]["signature_ok"] is True


def test_unknown_merchants_and_giant_bodies_are_refused_and_not_kept(sink: Sink) -> None:
    assert sink.post("t=1,v1=a", merchant="m_nobody").status == 404
    assert sink.post("t=1,v1=a", b"x" * (BODY_BYTES_MAX + 1)).status == 413
    assert sink.events() == []


def test_reset_forgets_everything(sink: Sink) -> None:
    sink.post(sign("whsec_a", BODY, int(time.time())))
    assert call("GET", f"{sink.admin}/admin/health").json["events"] == 1
    assert call("POST", f"{sink.admin}/admin/reset").status == 200
    assert sink.events() == []


def arm(sink: Sink, kind: str, **parameters: object) -> Answer:
    spec = {"id": "f1", "kind": kind, "share": 1.0, "seed": 1, "parameters": parameters}
    return call("POST", f"{sink.admin}/admin/faults", {}, json.dumps(spec).encode())


def signed() -> str:
    return sign("whsec_a", BODY, int(time.time()))


@pytest.mark.parametrize(
    ("kind", "status"), [("sink_redirect", 307), ("sink_error", 503), ("sink_slow", 200)], ids=lambda item: str(item)
)
def test_a_difficult_endpoint_answers_as_planted_and_says_so(sink: Sink, kind: str, status: int) -> None:
    assert arm(sink, kind, **({"ms": 100} if kind == "sink_slow" else {})).status == 201
    assert sink.post(signed()).status == status
    (event,) = sink.events()
    assert (event["fault"], event["http_status"], event["signature_ok"]) == (kind, status, True)
    (planted,) = call("GET", f"{sink.admin}/admin/faults").json
    assert (planted["id"], planted["kind"], planted["hits"]) == ("f1", kind, 1)
    assert call("DELETE", f"{sink.admin}/admin/faults/f1").status == 200
    assert sink.post(signed()).status == 200


@pytest.mark.parametrize(("kind", "parameters"), [("sink_close", {}), ("sink_hang", {"ms": 100})])
def test_an_endpoint_that_hangs_up_leaves_no_answer(sink: Sink, kind: str, parameters: dict[str, object]) -> None:
    assert arm(sink, kind, **parameters).status == 201
    with pytest.raises((OSError, http.client.HTTPException)):
        sink.post(signed())
    eventually(lambda: len(sink.events()) == 1)
    (event,) = sink.events()
    assert (event["fault"], event["http_status"], event["answered_at_us"]) == (kind, None, None)


def test_a_difficult_endpoint_is_one_merchants(sink: Sink) -> None:
    assert arm(sink, "sink_error", merchants="m_beta").status == 201
    assert sink.post(signed()).status == 200


def test_who_follows_a_redirect_is_written_down(sink: Sink) -> None:
    headers = {"Webhook-Signature": signed()}
    assert call("POST", f"{sink.url}/moved/m_alpha", headers, BODY).status == 200
    assert [event["redirected"] for event in sink.events()] == [True]


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({"id": "f1", "kind": "sink_explode"}, "sink_redirect"),
        ({"kind": "sink_error"}, "id"),
        ({"id": "f1", "kind": "sink_error", "share": 2}, "share"),
        ({"id": "f1", "kind": "sink_error", "parameters": {"ms": 1}}, "merchants"),
    ],
)
def test_a_trouble_that_makes_no_sense_is_refused_with_what_is_valid(
    sink: Sink, spec: dict[str, object], word: str
) -> None:
    refused = call("POST", f"{sink.admin}/admin/faults", {}, json.dumps(spec).encode())
    assert refused.status == 422
    assert word in refused.json["error"]
    assert call("GET", f"{sink.admin}/admin/faults").json == []


def test_secrets_are_read_from_the_merchants_file(tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps([{"id": "m", "webhook_secret": "s", "currency": "EUR"}]))
    assert read_secrets(path) == {"m": "s"}


@pytest.mark.real
def test_the_process_serves_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "merchants.json"
    path.write_text(json.dumps([{"id": "m_alpha", "webhook_secret": "whsec_a"}]))
    port, admin_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PAY_PORT": str(port),
        "PAY_ADMIN_PORT": str(admin_port),
        "PAY_SECRETS_FILE": str(path),
    }
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, "-m", "system.sink"], cwd=root, env=environment)
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{admin_port}/admin/health"), 20)
        eventually(lambda: _answers(f"http://127.0.0.1:{port}/hooks/x", 405), 20)
        headers = {"Webhook-Signature": sign("whsec_a", BODY, int(time.time()))}
        assert call("POST", f"http://127.0.0.1:{port}/hooks/m_alpha", headers, BODY).status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(10)


def _answers(url: str, status: int = 200) -> bool:
    try:
        return call("GET", url).status == status
    except OSError:
        return False
