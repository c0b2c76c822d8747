import stat
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.errors import HarnessError, UsageError
from harness.provision.ports import Ports
from harness.targets.environment import checked_settings, environment
from harness.targets.starting import chosen_base_port
from harness.targets.state import PlatformSecrets, PlatformState, make_merchants, write_merchants
from harness.targets.topology import MODULES, link_specs
from harness.workspace import Workspace

PORTS = Ports(25400)


@pytest.fixture
def state() -> PlatformState:
    secrets = PlatformSecrets().with_database(application="secret")
    return PlatformState(PORTS.base, "B07", {"PAY_LOOKUP_LAG_S": "1"}, secrets, make_merchants(PORTS))


def made(process: str, state: PlatformState) -> dict[str, str]:
    return environment(process, state, PORTS, Workspace(Path("/ws")))


def test_the_platform_reaches_gateways_and_every_database_node_only_through_its_own_links(state: PlatformState) -> None:
    found = made("api2", state)
    listens = {spec.name: spec.listen for spec in link_specs(PORTS)}
    assert found["PAY_STRIPE_URL"] == f"http://{listens['api2-to-stripe']}"
    assert found["PAY_PAYPAL_URL"] == f"http://{listens['api2-to-paypal']}"
    nodes = ",".join(listens[f"api2-to-db-{node}"].split(":")[1] for node in "abc")
    assert f"host=127.0.0.1,127.0.0.1,127.0.0.1 port={nodes} " in found["PAY_DATABASE_URL"]
    assert "target_session_attrs=read-write" in found["PAY_DATABASE_URL"]
    assert (found["PGPASSWORD"], "password" in found["PAY_DATABASE_URL"]) == ("secret", False)
    assert (found["PAY_PORT"], found["PAY_BUG"]) == (str(PORTS.of("api2")), "B07")


def test_webhooks_to_the_api_and_to_the_sink_pass_through_links(state: PlatformState) -> None:
    listens = {spec.name: spec.listen for spec in link_specs(PORTS)}
    first, second = made("paypal", state)["PAY_WEBHOOK_URLS"].split(",")
    assert first == f"http://{listens['paypal-to-api1']}/webhooks/paypal"
    assert second == f"http://{listens['paypal-to-api2']}/webhooks/paypal"
    assert all(merchant.webhook_url.startswith(f"http://{listens['worker-to-sink']}/") for merchant in state.merchants)


def test_gateway_and_platform_share_the_credentials_and_nobody_else_has_them(state: PlatformState) -> None:
    api, stripe, paypal, sink = (made(name, state) for name in ("api1", "stripe", "paypal", "sink"))
    assert stripe["PAY_API_KEY"] == api["PAY_STRIPE_API_KEY"]
    assert stripe["PAY_WEBHOOK_SECRET"] == api["PAY_STRIPE_WEBHOOK_SECRET"]
    assert (paypal["PAY_CLIENT_ID"], paypal["PAY_SECRET"]) == (api["PAY_PAYPAL_CLIENT_ID"], api["PAY_PAYPAL_SECRET"])
    assert not {stripe["PAY_API_KEY"], api["PAY_OPERATOR_TOKEN"]} & set(sink.values())


def test_a_scenarios_settings_reach_the_processes_they_concern(state: PlatformState) -> None:
    assert made("worker", state)["PAY_LOOKUP_LAG_S"] == "1"
    assert made("worker", state)["PAY_LOOKUP_MISSES"] == "3"
    assert "PAY_LOOKUP_LAG_S" not in made("stripe", state)


def test_every_process_of_the_platform_has_an_environment(state: PlatformState) -> None:
    assert {made(name, state)["PAY_NAME"] for name in MODULES} == set(MODULES)


def test_settings_may_be_written_short_and_unknown_ones_are_refused_with_the_nearest_name() -> None:
    assert checked_settings({"lookup_lag_s": "4", "PAY_THINK_MS": "2"}) == {
        "PAY_LOOKUP_LAG_S": "4",
        "PAY_THINK_MS": "2",
    }
    with pytest.raises(UsageError, match=r"lokup_lag_s \(did you mean lookup_lag_s\?\)"):
        checked_settings({"lokup_lag_s": "4"})


def test_the_state_survives_being_written_and_only_its_owner_may_read_it(state: PlatformState, tmp_path: Path) -> None:
    path, merchants = tmp_path / "platform.json", tmp_path / "merchants.json"
    state.save(path)
    write_merchants(merchants, state.merchants)
    assert PlatformState.load(path) == state
    assert {stat.S_IMODE(file.stat().st_mode) for file in (path, merchants)} == {0o600}


def test_a_damaged_state_is_an_error_and_a_missing_one_is_none(tmp_path: Path) -> None:
    assert PlatformState.load(tmp_path / "none.json") is None
    (tmp_path / "bad.json").write_text('{"base_port": 1')
    with pytest.raises(HarnessError, match="damaged"):
        PlatformState.load(tmp_path / "bad.json")


def test_every_start_has_secrets_of_its_own() -> None:
    first, second = PlatformSecrets(), PlatformSecrets()
    assert first.operator_token != second.operator_token
    assert {m.api_key for m in make_merchants(PORTS)}.isdisjoint(m.api_key for m in make_merchants(PORTS))


def test_the_merchants_have_currencies_with_no_two_and_three_decimals() -> None:
    assert {(m.currency, m.exponent) for m in make_merchants(PORTS)} == {("EUR", 2), ("JPY", 0), ("KWD", 3), ("USD", 2)}


def test_the_base_port_comes_from_the_caller_then_the_environment_then_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAULTLINE_BASE_PORT", "22000")
    assert (chosen_base_port(25000), chosen_base_port(None)) == (25000, 22000)
    monkeypatch.delenv("FAULTLINE_BASE_PORT")
    assert chosen_base_port(None) == 21000
    monkeypatch.setenv("FAULTLINE_BASE_PORT", "many")
    with pytest.raises(UsageError, match="'many' is not a port number"):
        chosen_base_port(None)


def test_with_two_database_nodes_the_platform_knows_of_two(state: PlatformState) -> None:
    url = made("api1", replace(state, settings={"PAY_DATABASE_NODES": "2"}))["PAY_DATABASE_URL"]
    nodes = f"{PORTS.link('api1', 'db-a')},{PORTS.link('api1', 'db-b')}"
    assert f"host=127.0.0.1,127.0.0.1 port={nodes} " in url
