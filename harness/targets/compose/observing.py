"""What the containers show from outside: services, CPU, logs, facts for the report."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from harness.core.errors import ControlError, FaultlineError
from harness.core.target import Service
from harness.provision.containers.engine import controlled, engine, statistics
from harness.provision.containers.owned import ContainerState, states
from harness.provision.http import answers
from harness.targets.compose.fleet import Fleet
from harness.targets.compose.layout import Layout
from harness.targets.observing import platform_health
from harness.targets.plumbing import Plumbing
from harness.targets.topology import PLATFORM, PROCESSES, ROLES, health_url


def services(parts: Plumbing, fleet: Fleet, layout: Layout) -> Sequence[Service]:
    """Return every container with its published ports, health and role."""
    roles, published = parts.cluster.roles(), layout.published()
    return [_service(state, parts, roles, published) for state in fleet.records.values()]


def _service(state: ContainerState, parts: Plumbing, roles: Mapping[str, str], published: Mapping[str, int]) -> Service:
    name, healthy, detail = state.service, state.alive, state.state
    if name in PLATFORM and healthy:
        healthy, detail = platform_health(parts.platform_urls[name])
    elif name in PROCESSES and healthy:
        healthy, detail = answers(health_url(name, parts.ports)), ""
    elif name.startswith("pg-") and healthy:
        detail = roles.get(name, "not a member")
        healthy = "running" in detail or "streaming" in detail
    ports = {port: number for port, number in published.items() if port == name or port.startswith(f"{name}-")}
    return Service(name, _pid(state) if state.alive else None, ports, healthy, ROLES.get(name, ""), detail)


def _pid(state: ContainerState) -> int | None:
    try:
        with controlled("inspecting"):
            return int(engine().api.inspect_container(state.id)["State"]["Pid"]) or None
    except ControlError:
        return None


def cpu(fleet: Fleet) -> Mapping[str, float]:
    """Return each living container's CPU seconds so far; one that ends meanwhile is left out."""
    try:
        living = [state for state in fleet.records.values() if state.alive]
    except FaultlineError:
        return {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        used = pool.map(_cpu_s, living)
    return {state.service: seconds for state, seconds in zip(living, used, strict=True) if seconds is not None}


def _cpu_s(state: ContainerState) -> float | None:
    try:
        return float(statistics(state.id)["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9
    except (ControlError, KeyError):
        return None


def gather_logs(fleet: Fleet, folder: Path, since: float) -> float:
    """Append what the containers have said since that moment (seconds since the epoch) and return the new one."""
    now = time.time()
    with suppress(FaultlineError):
        for name, state in states(fleet.owner).items():
            # One that is just being removed has nothing to say, and the others have.
            with suppress(ControlError), controlled("reading logs"), (folder / f"{name}.log").open("ab") as log:
                # The package knows no beginning but None: it refuses the moment 0.
                log.write(engine().api.logs(state.id, since=since or None, until=now))
    return now


def container_facts(fleet: Fleet) -> Mapping[str, str]:
    """Return the engine's version, and how every container is limited."""
    with controlled("asking the engine"):
        version = engine().version()
    return {
        "engine": f"{version['Platform']['Name'] if version.get('Platform') else 'Docker'} {version['Version']}",
        "kernel": version["KernelVersion"],
        "containers": ", ".join(sorted(fleet.records)),
    }
