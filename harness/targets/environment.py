"""The environment of each of the platform's processes (`PAY_*`), and the settings a scenario may change."""

from collections.abc import Mapping
from difflib import get_close_matches

from harness.core.errors import UsageError
from harness.provision.ports import Ports
from harness.provision.postgres.settings import APPLICATION_ROLE, DATABASE, servers
from harness.targets.durability import DURABILITY, FOUNDATION, server_count
from harness.targets.sources import planted_as
from harness.targets.state import PlatformState
from harness.targets.values import check_value
from harness.workspace import Workspace

REPLICAS = ("api1", "api2")
GATEWAYS = ("stripe", "paypal")
SINK = "sink"
PLATFORM = (*REPLICAS, "worker")

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

_DATABASE_OPTIONS = (
    "target_session_attrs=read-write connect_timeout=2 tcp_user_timeout=3000 "
    "keepalives=1 keepalives_idle=1 keepalives_interval=1 keepalives_count=3"
)


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
    """Return the whole PAY_* environment of `api1`, `api2`, `worker`, `setup`, `stripe`, `paypal` or `sink`."""
    common = {"PAY_NAME": process} | effective(SHARED, state.settings)
    if process in GATEWAYS:
        return common | _gateway(process, state, ports, workspace)
    if process == "sink":
        listeners = {"PAY_PORT": str(ports.of("sink")), "PAY_ADMIN_PORT": str(ports.of("sink-admin"))}
        return common | listeners | {"PAY_SECRETS_FILE": str(workspace.merchants_file)}
    return common | _platform(process, state, ports, workspace)


def _gateway(gateway: str, state: PlatformState, ports: Ports, workspace: Workspace) -> dict[str, str]:
    hooks = (f"http://127.0.0.1:{ports.link(gateway, replica)}/webhooks/{gateway}" for replica in REPLICAS)
    secret = state.secrets
    credentials = {
        "stripe": {"PAY_API_KEY": secret.stripe_api_key, "PAY_WEBHOOK_SECRET": secret.stripe_webhook},
        "paypal": {
            "PAY_CLIENT_ID": secret.paypal_client_id,
            "PAY_SECRET": secret.paypal_secret,
            "PAY_WEBHOOK_SECRET": secret.paypal_webhook,
        },
    }
    return {
        "PAY_PORT": str(ports.of(gateway)),
        "PAY_ADMIN_PORT": str(ports.of(f"{gateway}-admin")),
        "PAY_JOURNAL": str(workspace.journals / f"{gateway}.journal"),
        "PAY_WEBHOOK_URLS": ",".join(hooks),
        **credentials[gateway],
        **effective(SIMULATOR_TIMINGS, state.settings),
    }


def _platform(process: str, state: PlatformState, ports: Ports, workspace: Workspace) -> dict[str, str]:
    # The one-shot setup has no links of its own; it borrows the worker's.
    caller = "worker" if process == "setup" else process
    secret = state.secrets
    port = "worker" if process == "setup" else process
    return {
        "PAY_PORT": str(ports.of(port)),
        "PAY_DATABASE_URL": database_url(caller, state, ports),
        "PAY_STRIPE_URL": f"http://127.0.0.1:{ports.link(caller, 'stripe')}",
        "PAY_STRIPE_API_KEY": secret.stripe_api_key,
        "PAY_STRIPE_WEBHOOK_SECRET": secret.stripe_webhook,
        "PAY_PAYPAL_URL": f"http://127.0.0.1:{ports.link(caller, 'paypal')}",
        "PAY_PAYPAL_CLIENT_ID": secret.paypal_client_id,
        "PAY_PAYPAL_SECRET": secret.paypal_secret,
        "PAY_PAYPAL_WEBHOOK_SECRET": secret.paypal_webhook,
        "PAY_OPERATOR_TOKEN": secret.operator_token,
        "PAY_HMAC_SECRET": secret.hmac,
        "PAY_MERCHANTS_FILE": str(workspace.merchants_file),
        "PAY_BUG": planted_as(state.bug),
        "PAY_ALLOW_RESET": "1",
        "PAY_ALLOW_TEST_CONTROLS": "1",
        "PAY_CRASH_FILE": str(workspace.crashes / f"{process}.jsonl"),
        **effective(TIMINGS, state.settings),
    }


def database_url(caller: str, state: PlatformState, ports: Ports) -> str:
    """Return the libpq connection string with every node, through the caller's links."""
    links = [str(ports.link(caller, f"db-{node}")) for node in servers(server_count(state.settings))]
    return (
        f"host={','.join(['127.0.0.1'] * len(links))} port={','.join(links)} dbname={DATABASE} user={APPLICATION_ROLE} "
        f"password={state.secrets.database_application} {_DATABASE_OPTIONS}"
    )
