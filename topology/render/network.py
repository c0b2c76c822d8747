"""The network policies: links are the only way from one part to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from topology.model import Service, Topology
from topology.ports import LINKS_FROM
from topology.render.templating import fill

_COMPONENT = "app.kubernetes.io/component"
_SETUP = "setup"
"""The one-shot that is no service, and borrows the worker's links."""


@dataclass(frozen=True)
class Opening:
    """A port of a component, and who may come in there."""

    port: int
    peers: tuple[str, ...]
    harness: bool


def blocks(topology: Topology) -> dict[str, str]:
    """Return the policies of links and of processes, and the ports that are scraped."""
    ports = [LINKS_FROM + link.offset for link in topology.links if link.only != "processes"]
    callers = dict.fromkeys(topology.service(link.caller).component for link in topology.links)
    values = {"first": min(ports), "last": max(ports), "pods": pods}
    scraped = dict.fromkeys(
        service.listener(service.metrics.listener).port
        for service in topology.services
        if service.metrics is not None and service.name != "prometheus"
    )
    return {
        "links": fill("network-links.j2", callers=[*callers, _SETUP], called=_called(topology), **values),
        "processes": fill("network-processes.j2", components=_components(topology), **values),
        "scraped": "\n".join(f"        - {{port: {port}}}" for port in scraped),
    }


def pods(components: Sequence[str]) -> str:
    """Return the selector of these components' pods."""
    if len(components) == 1:
        return f"{{matchLabels: {{{_COMPONENT}: {components[0]}}}}}"
    return f"{{matchExpressions: [{{key: {_COMPONENT}, operator: In, values: [{', '.join(components)}]}}]}}"


def _called(topology: Topology) -> list[tuple[list[str], list[int]]]:
    """Return components with the ports that links lead to there, those with the same ports together."""
    ports: dict[str, list[int]] = {}
    inside = {item.called: item.port for item in topology.listeners()}
    for link in topology.links:
        if link.only != "processes":
            found = ports.setdefault(topology.service(link.callee).component, [])
            if inside[link.listener] not in found:
                found.append(inside[link.listener])
    together: dict[tuple[int, ...], list[str]] = {}
    for service in topology.services:
        if (component := service.component) in ports:
            names = together.setdefault(tuple(sorted(ports[component])), [])
            names += [component] if component not in names else []
    return [(names, list(numbers)) for numbers, names in together.items()]


def _components(topology: Topology) -> dict[str, list[Opening]]:
    found: dict[str, list[Opening]] = {}
    for service in topology.of_kind("platform", "gateway", "merchant", "service"):
        found.setdefault(service.component, _openings(topology, service))
    return found


def _openings(topology: Topology, service: Service) -> list[Opening]:
    linked = {link.listener for link in topology.links if topology.service(link.callee).component == service.component}
    openings = []
    for item in service.listeners:
        scraped = service.metrics is not None and service.metrics.listener == item.name
        asked = {where.listener for where in (service.health, service.reset) if where is not None}
        entered = service.group == "api" and item is service.listeners[0]
        peers = {"haproxy": entered, "toxiproxy": item.called in linked, "prometheus": scraped}
        openings.append(Opening(item.port, tuple(name for name, comes in peers.items() if comes), item.name in asked))
    return openings
