"""The environment of each of the platform's processes, and the settings a scenario may change."""

from collections.abc import Mapping
from difflib import get_close_matches

from harness.core.errors import UsageError
from harness.provision.ports import TOPOLOGY, Ports
from harness.provision.postgres.settings import servers
from harness.targets.durability import DURABILITY, FOUNDATION, server_count
from harness.targets.sources import planted_as
from harness.targets.state import PlatformState
from harness.targets.topology import SETUP, SETUP_AS
from harness.targets.values import check_value
from harness.workspace import Workspace
from topology.model import Reach, Service
from topology.told import addresses, secrets

TIMINGS: Mapping[str, str] = {
    "PAY_GATEWAY_TIMEOUT_S": "1.5",
    "PAY_GATEWAY_CONNECT_TIMEOUT_S": "0.5",
    "PAY_GATEWAY_SLOW_S": "1.2",
    "PAY_BREAKER_WINDOW_S": "5",
    "PAY_BREAKER_MIN_FAILURES": "5",
    "PAY_BREAKER_FAILURE_SHARE": "0.5",
    "PAY_BREAKER_OPEN_S": "2",
    "PAY_BREAKER_PROBE_TIMEOUT_S": "2",
    "PAY_RESOLVE_INTERVAL_S": "0.5",
    "PAY_RESOLVE_BACKOFF_MAX_S": "2",
    "PAY_RESOLVE_LIMIT_S": "86400",
    "PAY_GATEWAY_KEY_MEMORY_S": "82800",
    "PAY_LOOKUP_LAG_S": "2",
    "PAY_LOOKUP_MISSES": "3",
    "PAY_HOLD_VALIDITY_S": "0",
    "PAY_ACTION_WITHIN_S": "900",
    "PAY_RECONCILE_INTERVAL_S": "900",
    "PAY_RECONCILE_WINDOW_S": "86400",
    "PAY_RECONCILE_LAG_S": "3",
    "PAY_KEY_RETENTION_S": "2592000",
    "PAY_KEY_LEASE_S": "10",
    "PAY_WEBHOOK_BACKOFF_S": "0.5",
    "PAY_WEBHOOK_BACKOFF_MAX_S": "2",
    "PAY_WEBHOOK_GIVE_UP_S": "259200",
    "PAY_RETRY_BUDGET_SHARE": "0.2",
    "PAY_MAX_ATTEMPTS": "3",
    "PAY_MAX_IN_FLIGHT": "256",
    "PAY_ANSWER_WITHIN_S": "4.5",
    "PAY_STATE_POLL_S": "0.2",
    "PAY_DATABASE_POOL": "12",
}
"""What the API and the worker run with unless a scenario says otherwise. Reports print it."""

SIMULATOR_TIMINGS: Mapping[str, str] = {"PAY_SEARCH_LAG_S": "2", "PAY_FEED_LAG_S": "2", "PAY_THINK_MS": "0"}
SHARED: Mapping[str, str] = {"PAY_LOG_LEVEL": "info"}


def checked_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return a scenario's overrides by their full names (`lookup_lag_s` is `PAY_LOOKUP_LAG_S`).

    Raises `UsageError` naming every name that is no setting, with the nearest valid ones, or a value that is none.
    """
    valid = [*TIMINGS, *SIMULATOR_TIMINGS, *SHARED, *DURABILITY, *FOUNDATION]
    named = {_full(name): str(value) for name, value in settings.items()}
    shown = [name.removeprefix("PAY_").lower() for name in valid]
    unknown = [name.removeprefix("PAY_").lower() for name in named if name not in valid]
    if unknown:
        nearest = [
            f"{name} (did you mean {close[0]}?)" if (close := get_close_matches(name, shown, n=1)) else name
            for name in unknown
        ]
        raise UsageError(f"no such platform settings: {', '.join(nearest)}", hint=f"valid: {', '.join(shown)}")
    for name, value in named.items():
        check_value(name, value)
    return named


def _full(name: str) -> str:
    upper = name.upper()
    return upper if upper.startswith("PAY_") else f"PAY_{upper}"


def effective(defaults: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return defaults with the overrides that concern them."""
    return {name: settings.get(name, value) for name, value in defaults.items()}


def environment(process: str, state: PlatformState, ports: Ports, workspace: Workspace) -> dict[str, str]:
    """Return the whole environment of a process that is started from a module, or of the setup."""
    service = TOPOLOGY.service(SETUP_AS if process == SETUP else process)
    listeners = {item.setting: str(ports.of(item.called)) for item in service.listeners if item.setting}
    known = {setting: state.secrets.known[name] for setting, name in secrets(TOPOLOGY, service).items()}
    files = {
        "merchants": workspace.merchants_file,
        "journal": workspace.journals / f"{process}.journal",
        "crashes": workspace.crashes / f"{process}.jsonl",
    }
    return {
        "PAY_NAME": process,
        **listeners,
        **addresses(TOPOLOGY, service, _reach(ports), absent=_absent(state)),
        **known,
        **{setting: str(files[file]) for setting, file in service.declared.files.items()},
        **effective(SHARED, state.settings),
        **_settings(service, state),
    }


def _settings(service: Service, state: PlatformState) -> dict[str, str]:
    if service.declared.settings == "simulator":
        return effective(SIMULATOR_TIMINGS, state.settings)
    if service.declared.settings == "platform":
        controls = {"PAY_BUG": planted_as(state.bug), "PAY_ALLOW_RESET": "1", "PAY_ALLOW_TEST_CONTROLS": "1"}
        return controls | effective(TIMINGS, state.settings)
    return {}


def _reach(ports: Ports) -> Reach:
    return lambda link: ("127.0.0.1", ports.link(link.source, link.target))


def _absent(state: PlatformState) -> set[str]:
    """Return the database's nodes that have no server under these settings."""
    there = {f"pg-{node}" for node in servers(server_count(state.settings))}
    return {service.name for service in TOPOLOGY.of_group("database")} - there
