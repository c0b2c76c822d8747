"""The environment of each of the platform's processes, and the settings a scenario may change."""

from collections.abc import Mapping
from difflib import get_close_matches

from harness.core.errors import UsageError
from harness.provision.ports import TOPOLOGY, Ports
from harness.targets.durability import DURABILITY, FOUNDATION
from harness.targets.in_use import absent, check_gateways
from harness.targets.sources import planted_as
from harness.targets.state import PlatformState
from harness.targets.topology import SETUP, SETUP_AS
from harness.targets.values import check_value
from harness.workspace import Workspace
from topology.model import Reach, Service
from topology.settings import Setting, load_settings
from topology.told import addresses, secrets

SETTINGS = load_settings()
"""What a scenario may change, as the platform publishes it."""

TIMINGS: Mapping[str, str] = {name: setting.text for name, setting in SETTINGS.platform.items()}
"""What the API and the worker run with unless a scenario says otherwise. Reports print it."""
SIMULATOR_TIMINGS: Mapping[str, str] = {name: setting.text for name, setting in SETTINGS.simulator.items()}
SHARED: Mapping[str, str] = {name: setting.text for name, setting in SETTINGS.shared.items()}
PUBLISHED: Mapping[str, Setting] = {**SETTINGS.platform, **SETTINGS.simulator, **SETTINGS.shared}


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
        check_value(name, value, PUBLISHED)
    check_gateways(named)
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
        **addresses(TOPOLOGY, service, _reach(ports), absent=absent(state.settings)),
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
