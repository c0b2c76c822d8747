"""Is the platform healthy and idle? Asked before a run, after healing, and after a reset."""

from collections.abc import Callable, Sequence
from typing import Any

from harness.core.errors import ControlError
from harness.provision.http import answers, call
from harness.targets.plumbing import Plumbing, Started
from harness.targets.topology import OWN, PLATFORM, SINK, health_url


def unhealthy(parts: Plumbing, started: Started) -> str:
    """Return one sentence saying what is broken now: processes, links, simulators, database; empty when nothing is."""
    return _first_of(
        lambda: _dead_processes(started),
        lambda: _disturbed_links(parts),
        lambda: _planted_faults(parts),
        lambda: "" if parts.cluster.is_whole() else f"PostgreSQL has not {parts.cluster.whole}",
        lambda: unwell(parts),
    )


def unsteady(parts: Plumbing, started: Started) -> str:
    """Return one sentence saying what is not healthy or not idle; empty when everything is."""
    return unhealthy(parts, started) or _first_of(lambda: _open_breakers(parts), lambda: _unfinished(parts))


def _first_of(*checks: Callable[[], str]) -> str:
    for check in checks:
        try:
            reason = check()
        except ControlError as error:
            reason = str(error)
        if reason:
            return reason
    return ""


def _dead_processes(started: Started) -> str:
    dead = [name for name in started.records if not started.alive(name)]
    return f"not running: {', '.join(dead)}" if dead else ""


def _disturbed_links(parts: Plumbing) -> str:
    disturbed = parts.links.disturbed()
    return f"links not whole: {', '.join(disturbed)}" if disturbed else ""


def _planted_faults(parts: Plumbing) -> str:
    planted = [f"{name} carries the fault {item['kind']}" for name, item in planted_faults(parts)]
    return "; ".join(planted)


def planted_faults(parts: Plumbing) -> Sequence[tuple[str, Any]]:
    """Return the planted faults of every simulator, and of the merchants' sink, as (name, fault)."""
    return [(name, item) for name in (*parts.admin_urls, SINK) for item in parts.simulators.planted(name)]


def unwell(parts: Plumbing) -> str:
    """Return one sentence saying which of the platform's processes is not well by its own word; empty when all are."""
    for name, url in parts.platform_urls.items():
        try:
            health = call("GET", f"{url}/health", timeout_s=2.0)
        except ControlError as error:
            return str(error)
        if health.get("status") != "ok":
            return f"{name} says it is {health.get('status')}: database {health.get('database')}"
        if offset_s := health.get("clock_offset_s"):
            return f"{name} lives {offset_s:g} s ahead of this machine's clock"
        if point := health.get("crash_point"):
            return f"{name} is armed to die at {point}"
    silent = [name for name in OWN if name not in PLATFORM and not answers(health_url(name, parts.ports))]
    return f"not answering: {', '.join(silent)}" if silent else ""


def _open_breakers(parts: Plumbing) -> str:
    open_ones = [item for item in breakers(parts) if item.get("state") != "closed"]
    return ", ".join(f"breaker {item['gateway']}/{item['operation_class']} is {item['state']}" for item in open_ones)


def _unfinished(parts: Plumbing) -> str:
    left = {kind: count for kind, count in parts.database.backlog().items() if count}
    return "unfinished: " + ", ".join(f"{count} {kind}" for kind, count in left.items()) if left else ""


def breakers(parts: Plumbing) -> list[dict[str, Any]]:
    """Return each breaker's state as the first replica that answers shows it; `ControlError` when none does."""
    problem = ControlError("no API replica answered")
    for url in parts.api_urls.values():
        try:
            state = call("GET", f"{url}/internal/api/system/state", headers=parts.operator, timeout_s=2.0)
            return list(state["breakers"])
        except ControlError as error:
            problem = error
    raise problem
