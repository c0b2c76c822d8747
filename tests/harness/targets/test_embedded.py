"""The embedded target with the real platform, started once for all tests of this module."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.errors import HarnessError, UsageError
from harness.core.target import Target
from harness.guard.session import HarnessSession
from harness.provision.http import call
from harness.targets import resetting, warming
from harness.targets.embedded import EmbeddedTarget
from harness.targets.warming import ERRANDS, warm
from harness.workspace import Workspace

pytestmark = pytest.mark.e2e
BASE_PORT = 25600


@dataclass
class Platform:
    target: EmbeddedTarget
    session: HarnessSession

    def pay(self, reference: str) -> dict[str, object]:
        merchant = self.target.merchants[0]
        body = {
            "amount_minor": 1250,
            "currency": merchant.currency,
            "payment_method": "pm_card_visa",
            "merchant_reference": reference,
        }
        headers = {"Authorization": f"Bearer {merchant.api_key}", "Idempotency-Key": f"key-{reference}"}
        payment: dict[str, object] = call(
            "POST", f"{self.target.api_urls['api1']}/v1/payments", json=body, headers=headers
        )
        return payment


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("embedded")) / "ws")
    with HarnessSession(workspace, command="test") as session:
        target = EmbeddedTarget(workspace, base_port=BASE_PORT)
        target.start(bug=None, settings={}, progress=lambda _line: None)
        yield Platform(target, session)
        target.stop(lambda _line: None)


@pytest.fixture(autouse=True)
def empty(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing here is timed, so the platform need not be warm.
    monkeypatch.setattr(resetting, "warm", lambda _parts: None)
    platform.target.reset()


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 15.0
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def test_it_is_a_target_and_steady_after_a_reset(platform: Platform) -> None:
    target: Target = platform.target
    assert target.steady() == ""
    assert target.bug_reached() is None
    assert set(target.backlog().values()) == {0}
    assert {item["state"] for item in target.breakers()} == {"closed"}


def test_every_process_is_shown_healthy_with_its_ports(platform: Platform) -> None:
    services = {service.name: service for service in platform.target.services()}
    assert set(services) == {
        *("pg-a", "pg-b", "pg-c", "toxiproxy", "stripe", "paypal", "sink", "api1", "api2", "worker")
    }
    assert all(service.healthy for service in services.values())
    assert services["stripe"].ports == {"http": BASE_PORT + 40, "admin": BASE_PORT + 41}
    assert set(platform.target.cpu()) == set(services)


def test_a_payment_is_in_every_book_and_gone_after_a_reset(platform: Platform, tmp_path: Path) -> None:
    payment = platform.pay("ref-1")
    assert payment["status"] == "captured"
    (read,) = platform.target.resolve("m_alpha", "ref-1")
    assert read["id"] == payment["id"]
    assert [list(page) for page in platform.target.pages("m_alpha")] == [[read]]
    assert eventually(lambda: not any(platform.target.backlog().values()))
    platform.target.save_books(tmp_path)
    rows = {path.stem: pq.read_table(path).to_pylist() for path in tmp_path.glob("*.parquet")}
    assert [row["payment_id"] for row in rows["payments"]] == [payment["id"]]
    assert [(row["gateway"], row["captured_minor"]) for row in rows["gateway_charges"]] == [("stripe", 1250)]
    assert {row["payment_id"] for row in rows["sink_events"]} == {payment["id"]}
    assert all(row["signature_ok"] for row in rows["sink_events"])
    assert sum(row["amount_minor"] for row in rows["postings"]) == 0
    assert json.loads((tmp_path / "states.json").read_text())["initial"] == "created"
    platform.target.reset()
    assert platform.target.resolve("m_alpha", "ref-1") == []


def test_what_warms_a_platform_is_really_bought_and_gone_after_a_reset(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This is about what is bought, on a platform that is cold: how long it may take is another matter.
    monkeypatch.setattr(warming, "DEADLINE_S", 60.0)
    monkeypatch.setattr(warming, "_PATIENCE_S", 30.0)
    warm(platform.target._running)
    assert eventually(lambda: not any(platform.target.backlog().values()))
    platform.target.save_books(tmp_path)
    payments = pq.read_table(tmp_path / "payments.parquet").to_pylist()
    assert [row["refunded_minor"] for row in payments] == [100] * ERRANDS
    platform.target.reset()
    assert platform.target.resolve("m_alpha", "warm-0") == []


def test_what_is_broken_is_named_and_healed_by_the_session(platform: Platform) -> None:
    surface = platform.target.surface
    entries = [platform.session.register(surface.links.undo(link)) for link in surface.links.matching("*-to-stripe")]
    for link in surface.links.matching("*-to-stripe"):
        surface.links.cut(link)
    entries.append(platform.session.register(surface.gateways.undo("paypal", "f1")))
    surface.gateways.plant("paypal", "f1", "brownout", share=0.1, seed=1, parameters={})
    assert platform.target.active_faults() == [
        *("api1-to-stripe: cut", "api2-to-stripe: cut", "worker-to-stripe: cut"),
        "paypal: brownout on 10% of requests, 0 hits",
    ]
    assert "links not whole: api1-to-stripe" in platform.target.steady()
    for entry in entries:
        platform.session.heal(entry)
    assert platform.target.active_faults() == []


def test_an_unknown_kind_of_simulator_fault_is_refused(platform: Platform) -> None:
    with pytest.raises(UsageError, match="brwnout"):
        platform.target.surface.gateways.plant("stripe", "f2", "brwnout", share=1.0, seed=1, parameters={})


def test_the_report_says_what_was_in_force(platform: Platform) -> None:
    facts = platform.target.facts()
    assert facts["durability"]["fsync"] == "on"
    assert facts["durability"]["synchronous_standby_names"] == 'ANY 1 ("pg-b","pg-c")'
    assert facts["versions"]["postgresql"].startswith("18")
    assert facts["timings"]["gateway_timeout_s"] == "1.5"


def test_starting_again_changes_nothing(platform: Platform) -> None:
    before = {service.name: service.pid for service in platform.target.services()}
    platform.target.start(bug=None, settings={}, progress=lambda _line: None)
    assert {service.name: service.pid for service in platform.target.services()} == before


def test_a_dead_replica_is_named_and_started_again(platform: Platform) -> None:
    record = platform.target.supervisor.records["api2"]
    process = record.process()
    assert process is not None
    process.kill()
    assert eventually(lambda: platform.target.steady() == "not running: api2")
    platform.target.start(bug=None, settings={}, progress=lambda _line: None)
    assert eventually(lambda: platform.target.steady() == "")


def test_another_bug_restarts_only_the_platform_and_is_shown(platform: Platform) -> None:
    before = {service.name: service.pid for service in platform.target.services()}
    platform.target.start(bug="B07", settings={"lookup_lag_s": "1"}, progress=lambda _line: None)
    after = {service.name: service.pid for service in platform.target.services()}
    assert {name for name in after if after[name] != before[name]} == {"api1", "api2", "worker"}
    assert platform.target.bug_reached() == 0
    assert platform.target.facts()["timings"]["lookup_lag_s"] == "1"
    platform.target.start(bug=None, settings={}, progress=lambda _line: None)
    assert platform.target.bug_reached() is None


def test_a_second_base_port_is_refused_while_a_platform_is_up(platform: Platform) -> None:
    other = EmbeddedTarget(platform.target.workspace, base_port=BASE_PORT + 200)
    with pytest.raises(UsageError, match=f"on base port {BASE_PORT}"):
        other.start(bug=None, settings={}, progress=lambda _line: None)


def test_a_target_that_was_not_started_says_so(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="not been started"):
        EmbeddedTarget(Workspace(tmp_path)).steady()
