"""Every twin of a runbook's command, against one platform that is up."""

import json
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from harness.cli import main as entry
from harness.cli.ops import names
from harness.workspace import Workspace
from tests.e2e.conftest import Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

Ops = Callable[..., tuple[int, str, str]]
TOLD = ("--reference", "CB1", "--amount-minor", "1250", "--reason", "a bank's letter")
TWO = ("--reason", "a customer called", "--requested-by", "ann", "--approved-by", "bob")


def paid(faultline: Faultline) -> str:
    """Make one payment and return its id."""
    workspace = Workspace(Path(faultline.environment["FAULTLINE_WORKSPACE"]))
    merchant = json.loads(workspace.merchants_file.read_text())[0]
    body = {"amount_minor": 1250, "currency": "EUR", "payment_method": "pm_card_visa", "merchant_reference": "runbook"}
    headers = {"Authorization": f"Bearer {merchant['api_key']}", "Idempotency-Key": uuid.uuid4().hex}
    url = faultline("status", "--json").json["where"]["api1"]
    reply = requests.post(f"{url}/v1/payments", json=body, headers=headers, timeout=10)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def twins(payment: str) -> dict[str, tuple[tuple[str, ...], int, str]]:
    """Return every twin's arguments, its exit code, and what it prints."""
    return {
        "query-failed-transactions": (("--last-h", "1"), 0, ""),
        "payment-method-success-rates": ((), 0, "pm_card_visa"),
        "gateway-health-check": ((), 0, "stripe"),
        "gateway-latency-check": ((), 0, "p95_ms"),
        "monitor-gateway-health": (("--gateway", "stripe", "--every-s", "0.2", "--for-s", "20"), 0, "stripe"),
        "verify-api-keys": ((), 0, "taken"),
        "switch-gateway": (("--primary-gateway", "paypal", "--reason", "a drill"), 0, "first paypal"),
        "disable-fallback-gateway": ((), 0, "no other"),
        "enable-fallback-gateway": ((), 0, "then stripe"),
        "refresh-db-connections": (("--replica", "api2"), 0, "api2: pool"),
        "db-pool-stats": (("--replica", "api1"), 0, "pool_size"),
        "long-transactions": ((), 0, ""),
        "locks": ((), 0, ""),
        "find-stuck-transactions": ((), 0, ""),
        "list-failed-refunds": ((), 0, ""),
        "reconcile": (("--gateway", "stripe", "--from", "2026-01-01", "--dry-run"), 0, "dry run"),
        "check-gateway-transaction": (("--transaction-id", payment), 0, "executed"),
        "chargeback": (("--transaction-id", payment, *TOLD), 1, ""),  # no gateway knows of it
        "generate-pci-audit-report": (("--month", time.strftime("%Y-%m", time.gmtime())), 0, "switch_gateway"),
        "resolve-stuck-transaction": (("--transaction-id", payment, "--status", "completed", *TWO), 1, ""),
    }


@pytest.fixture
def ops(faultline: Faultline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ops:
    """`faultline ops` in this process: a new one for each of twenty commands would be most of the test."""
    monkeypatch.setenv("FAULTLINE_WORKSPACE", faultline.environment["FAULTLINE_WORKSPACE"])

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["faultline", "ops", *arguments])
        code = entry.guarded()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_every_twin_works_against_a_live_platform(faultline: Faultline, ops: Ops) -> None:
    wanted = twins(paid(faultline))
    assert set(wanted) == set(names())
    found = {}
    try:
        for name, (arguments, code, shown) in wanted.items():
            ended = ops(name, *arguments)
            if ended[0] != code or shown not in ended[1]:
                found[name] = ended
    finally:
        back = ops("switch-gateway", "--primary-gateway", "stripe", "--reason", "the drill is over")
    assert found == {}
    assert "first stripe, then paypal" in back[1]
