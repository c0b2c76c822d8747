"""What the embedded platform shows from outside: services, CPU, facts for the report, active faults."""

import platform
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from harness.core.errors import ControlError
from harness.core.target import Service
from harness.provision.http import answers, call
from harness.provision.processes.ending import postmaster
from harness.provision.processes.supervisor import Supervisor
from harness.targets.durability import without_a_standby
from harness.targets.environment import SHARED, SIMULATOR_TIMINGS, TIMINGS, effective
from harness.targets.plumbing import Plumbing
from harness.targets.steadiness import planted_faults
from harness.targets.topology import PLATFORM, PROCESSES, health_url

_PACKAGES = ("patroni", "psycopg", "fastapi", "uvicorn", "locust", "toxiproxy-python")


def services(parts: Plumbing, supervisor: Supervisor) -> Sequence[Service]:
    """Return every recorded process with its ports, health and role."""
    roles = parts.cluster.roles()
    return [_service(name, parts, supervisor, roles) for name in supervisor.records]


def _service(name: str, parts: Plumbing, supervisor: Supervisor, roles: Mapping[str, str]) -> Service:
    record = supervisor.records[name]
    alive = supervisor.alive(name)
    healthy, detail = alive, ""
    if not alive:
        detail = "not running"
    elif name in PLATFORM:
        healthy, detail = platform_health(parts.platform_urls[name])
    elif name in PROCESSES or name == "toxiproxy":
        healthy = answers(health_url(name, parts.ports))
    elif name.startswith("pg-"):
        detail = roles.get(name, "not a member")
        healthy = "running" in detail or "streaming" in detail
    return Service(name, record.pid if alive else None, record.ports, healthy, record.role, detail)


def platform_health(url: str) -> tuple[bool, str]:
    """Return whether a replica or the worker says that it is well, and what else it says."""
    try:
        health = call("GET", f"{url}/health", timeout_s=2.0)
    except ControlError as error:
        return False, str(error)
    bug = f"bug {health['bug']} planted, reached {health.get('bug_reached')} times" if health.get("bug") else ""
    status = "" if health.get("status") == "ok" else f"{health.get('status')}, database {health.get('database')}"
    return health.get("status") == "ok", "; ".join(filter(None, (status, bug)))


def cpu(supervisor: Supervisor) -> Mapping[str, float]:
    """Return each process's CPU seconds so far. A PostgreSQL node counts Patroni, the server and its backends."""
    used: dict[str, float] = {}
    for name, record in supervisor.records.items():
        process = record.process()
        if process is None:
            continue
        server = postmaster(Path(record.data_folder)) if record.data_folder else None
        used[name] = _cpu_s(process) + (_family_cpu_s(server) if server else 0.0)
    return used


def _family_cpu_s(process: psutil.Process) -> float:
    try:
        children = process.children()
    except psutil.Error:
        return 0.0
    return _cpu_s(process, ended_children=True) + sum(_cpu_s(child) for child in children)


def _cpu_s(process: psutil.Process, *, ended_children: bool = False) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    ended = float(times.children_user + times.children_system) if ended_children else 0.0
    return float(times.user + times.system) + ended


def facts(parts: Plumbing) -> Mapping[str, Mapping[str, str]]:
    """Return what is in force, grouped for the report."""
    timings = effective({**TIMINGS, **SIMULATOR_TIMINGS, **SHARED}, parts.state.settings)
    promised = without_a_standby(parts.state.settings)
    durability = {**parts.database.durability(), **promised, **_as_the_platform_sees_it(parts)}
    return {
        "durability": durability,
        "versions": _versions(durability.pop("server_version")),
        "link proxy": {
            "toxiproxy": parts.links.version(),
            "links": ", ".join(f"{spec.name} ({spec.listen} to {spec.upstream})" for spec in parts.links.specs),
        },
        "timings": {name.removeprefix("PAY_").lower(): value for name, value in timings.items()},
        "platform": {"bug": parts.state.bug or "none", "base_port": str(parts.state.base_port)},
    }


def _as_the_platform_sees_it(parts: Plumbing) -> dict[str, str]:
    """A session may ask for less than the server's own setting: the platform's connections have the last word."""
    seen: dict[str, list[str]] = {}
    for name, url in parts.platform_urls.items():
        try:
            session = call("GET", f"{url}/health", timeout_s=2.0).get("database_session") or {}
        except ControlError:
            session = {}
        seen.setdefault(str(session.get("synchronous_commit") or "unknown"), []).append(name)
    said = next(iter(seen)) if len(seen) == 1 else ", ".join(f"{value} ({', '.join(seen[value])})" for value in seen)
    return {"synchronous_commit of the platform's sessions": said}


def _versions(postgres: str) -> dict[str, str]:
    found = {"postgresql": postgres, "python": sys.version.split()[0], "os": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def active_faults(parts: Plumbing) -> Sequence[str]:
    """Return a sentence for each toxic, cut link and simulator fault that is on now."""
    found = list(parts.links.active())
    for gateway, item in planted_faults(parts):
        found.append(f"{gateway}: {item['kind']} on {float(item['share']):.0%} of requests, {item.get('hits', 0)} hits")
    return found
