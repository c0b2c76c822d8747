"""`faultline ops`: every runbook command, what it asks, what it prints, and how it is refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.cli.ops import names
from harness.core.operating import Operated, OperatorAction
from harness.targets.embedded import EmbeddedTarget
from tests.harness.conftest import Run

BREAK = {"kind": "missing_here", "state": "repaired", "action": "record", "ours": "manual", "theirs": "capture",
         "amount_minor": 1999, "their_amount_minor": 1999, "currency": "EUR", "payment_id": "pay_1"}  # fmt: skip
RUN = {"run_id": "rec_1", "gateway": "stripe", "from": "a", "to": "b", "feed_lines": 3, "attempts_compared": 4,
       "repairs": 1, "left_to_people": 0, "dry_run": False, "breaks": [BREAK]}  # fmt: skip
ATTEMPT = {"attempt_id": "att_1", "kind": "sale", "gateway": "stripe", "ours": {"state": "unknown"},
           "theirs": {"verdict": "executed", "code": None, "amount_minor": 1999, "currency": "EUR"}}  # fmt: skip
ROUTING = {"primary_gateway": "paypal", "fallback_gateway": "stripe", "fallback_enabled": True, "version": 4,
           "acknowledged": True, "laggards": []}  # fmt: skip
ASKED = {"process": "api1", "gateways": [
    {"gateway": "stripe", "answer": "yes", "keys": "taken", "trouble": None, "latency_ms": 3.1, "primary": True,
     "breakers": {"charge": "closed", "modify": "open"}},
]}  # fmt: skip
TWO = ("--reason", "the customer called", "--requested-by", "ann", "--approved-by", "bob")

COMMANDS: Mapping[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "reconcile": (("--gateway", "stripe", "--from", "2026-01-31"), RUN, "missing_here"),
    "find-stuck-transactions": ((), {"transactions": [{"payment_id": "pay_1", "state": "manual"}]}, "pay_1"),
    "check-gateway-transaction": (("--transaction-id", "pay_1"), {"attempts": [ATTEMPT]}, "executed"),
    "resolve-stuck-transaction": (
        ("--transaction-id", "pay_1", "--status", "completed", *TWO),
        {"transaction_id": "pay_1", "attempt_id": "att_1", "state": "succeeded", "evidence": "lookup"},
        "proven by lookup",
    ),
    "chargeback": (
        ("--transaction-id", "pay_1", "--reference", "CB1", "--amount-minor", "1999", "--reason", "unauthorized"),
        {
            "transaction_id": "pay_1",
            "chargeback_reference": "CB1",
            "gateway": "stripe",
            "dispute": "dp_1",
            "state": "lost",
            "amount_minor": 1999,
            "currency": "EUR",
            "outcome": "recorded",
        },
        "stripe's dp_1 is lost",
    ),
    "list-failed-refunds": ((), {"refunds": []}, "none"),
    "db-pool-stats": ((), {"process": "api1", "pool": {"pool_size": 4}, "sessions": []}, "pool_size 4"),
    "long-transactions": ((), {"transactions": [{"pid": 7, "query": "SELECT 1"}]}, "SELECT 1"),
    "query-failed-transactions": ((), {"patterns": [{"count": 3, "code": "timeout"}], "transactions": []}, "timeout"),
    "payment-method-success-rates": ((), {"methods": [{"payment_method": "pm_x", "success_percent": 97.5}]}, "97.5"),
    "gateway-health-check": ((), ASKED, "open"),
    "gateway-latency-check": ((), {"calls": [{"gateway": "stripe", "p95_ms": 41.5}]}, "41.5"),
    "generate-pci-audit-report": (("--month", "2026-05"), {"actions": [{"action": "locks", "count": 3}]}, "locks"),
    "verify-api-keys": ((), ASKED, "taken"),
    "switch-gateway": (("--primary-gateway", "paypal", "--reason", "a drill"), ROUTING, "first paypal, then stripe"),
    "enable-fallback-gateway": ((), ROUTING, "then stripe"),
    "disable-fallback-gateway": ((), {**ROUTING, "fallback_enabled": False}, "no other"),
    "refresh-db-connections": ((), {"generation": 7}, "pool 7"),
    "locks": ((), {"locks": [{"relation": "pay.refunds", "blocked_by": [7, 8]}]}, "7,8"),
}


class Answering:
    """Stands in for the platform that is up."""

    def __init__(self, answer: Operated) -> None:
        self.answer = answer
        self.actions: list[OperatorAction] = []

    def operate(self, target: object, action: OperatorAction, request_id: str, *, replica: str = "") -> Operated:
        assert request_id.startswith("ops-")
        self.actions.append(action)
        return self.answer


@pytest.fixture
def faultline(faultline: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / ".faultline"))

    def call(*arguments: str, answer: Operated | None = None) -> tuple[int, str, str]:
        if answer is not None:
            platform = Answering(answer)
            monkeypatch.setattr(EmbeddedTarget, "attach", lambda target: True)
            monkeypatch.setattr(EmbeddedTarget, "api_urls", {"api1": "", "api2": ""})
            monkeypatch.setattr(EmbeddedTarget, "operate", lambda target, *a, **k: platform.operate(target, *a, **k))
        return faultline("ops", *arguments)

    return call


def test_every_command_is_told_of_here() -> None:
    assert set(names()) == {*COMMANDS, "monitor-gateway-health"}


def test_a_gateway_is_watched_until_it_is_back(faultline: Run) -> None:
    arguments = ("monitor-gateway-health", "--gateway", "stripe", "--every-s", "0.2", "--for-s", "5", "--good", "2")
    code, out, _ = faultline(*arguments, answer=Operated(200, ASKED))
    assert (code, out.count("charge closed, modify open")) == (0, 2)


def test_a_gateway_that_stays_away_is_watched_for_a_while(faultline: Run) -> None:
    down = {"gateways": [{**ASKED["gateways"][0], "answer": "no", "trouble": "timeout"}]}
    arguments = ("monitor-gateway-health", "--gateway", "stripe", "--every-s", "0.2", "--for-s", "0.3")
    code, out, _ = faultline(*arguments, answer=Operated(200, down))
    assert (code, out.count("timeout")) == (1, 2)
    assert faultline("gateway-health-check", answer=Operated(200, down | {"process": "api1"}))[0] == 1


def test_watching_without_end_is_refused(faultline: Run) -> None:
    code, _, error = faultline("monitor-gateway-health", "--gateway", "stripe", "--for-s", "1e9")
    assert (code, "--for-s" in error) == (64, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_prints_a_table_or_json(faultline: Run, name: str) -> None:
    arguments, body, shown = COMMANDS[name]
    code, out, _ = faultline(name, *arguments, answer=Operated(200, body))
    assert code == 0
    assert shown in out
    code, out, _ = faultline(name, *arguments, "--json", answer=Operated(200, body))
    assert (code, json.loads(out)) == (0, body)


@pytest.mark.parametrize("name", COMMANDS)
def test_without_a_platform_each_says_how_to_start_one(faultline: Run, name: str) -> None:
    code, out, err = faultline(name, *COMMANDS[name][0])
    assert (code, out) == (64, "")
    assert "faultline up" in err


@pytest.mark.parametrize(
    ("status", "code"), [(400, 64), (404, 64), (409, 1), (401, 70), (502, 70), (503, 70), (None, 70)]
)
def test_a_refusal_has_a_message_a_code_and_an_exit_code(faultline: Run, status: int | None, code: int) -> None:
    error = {"error": {"code": "gateway_contradicts", "message": "stripe says that it was executed."}}
    arguments = COMMANDS["resolve-stuck-transaction"][0]
    answer = Operated(status, error if status is not None else {}, error="Timeout" if status is None else "")
    got, out, err = faultline("resolve-stuck-transaction", *arguments, answer=answer)
    assert (got, out) == (code, "")
    assert ("may have been done" if status is None else "gateway_contradicts") in err


@pytest.mark.parametrize("reason", ["gateway_unavailable", "gateway_silent"])
def test_a_gateway_that_cannot_be_asked_is_a_refusal_with_its_reason(faultline: Run, reason: str) -> None:
    error = {"error": {"code": reason, "message": "The breaker of stripe is open. Nothing was changed."}}
    arguments = COMMANDS["resolve-stuck-transaction"][0]
    code, out, err = faultline("resolve-stuck-transaction", *arguments, answer=Operated(503, error))
    assert (code, out) == (1, "")
    assert "The breaker of stripe is open" in err


def test_an_unknown_replica_is_refused_with_the_valid_ones(faultline: Run) -> None:
    code, _, err = faultline("db-pool-stats", "--replica", "api9", answer=Operated(200, {}))
    assert code == 64
    assert "api1, api2" in err


@pytest.mark.parametrize("arguments", [("reconcile",), ("lokcs",), ("locks", "--limit", "many")])
def test_nonsense_is_exit_64_with_a_hint(faultline: Run, arguments: tuple[str, ...]) -> None:
    code, _, err = faultline(*arguments)
    assert code == 64
    assert "hint:" in err
