"""Who is who on the embedded and the composed platform, where each link listens, and where each service is asked."""

from collections.abc import Collection, Mapping

from harness.links.toxiproxy import LinkSpec
from harness.provision.ports import TOPOLOGY, Ports
from topology import Link, Service

REPLICAS = tuple(service.name for service in TOPOLOGY.of_group("api"))
"""The API's replicas."""
PLATFORM = tuple(service.name for service in TOPOLOGY.of_kind("platform"))
"""The processes that report their health, die at crash points and have a clock: both replicas and the worker."""
OWN = tuple(service.name for service in TOPOLOGY.of_kind("platform", "service"))
"""Every process of the platform's own code. They start once there is a schema."""
GATEWAYS = tuple(service.name for service in TOPOLOGY.of_kind("gateway"))
"""The gateway simulators."""
(SINK,) = (service.name for service in TOPOLOGY.of_kind("merchant"))
"""The merchants' endpoint."""
SIMULATORS = (*GATEWAYS, SINK)
"""The outside world. It is there before the platform."""
PROCESSES = (*OWN, *SIMULATORS)
"""Everything that is started from a module."""
SETUP = "setup"
"""The one-shot that migrates and seeds. It has no links of its own."""
SETUP_AS = "worker"
"""Whose links the setup borrows."""

MODULES: Mapping[str, str] = {
    **{name: TOPOLOGY.service(name).declared.module for name in PROCESSES},
    SETUP: "system.setup",
}
ROLES: Mapping[str, str] = {service.name: service.declared.role for service in TOPOLOGY.services}


def link_specs(ports: Ports) -> tuple[LinkSpec, ...]:
    """Return every link of the embedded platform as Toxiproxy must create it."""
    return tuple(
        LinkSpec(
            link.name,
            f"127.0.0.1:{ports.link(link.source, link.target)}",
            f"127.0.0.1:{ports.of(link.listener)}",
        )
        for link in TOPOLOGY.links
        if link.only != "containers"
    )


def sink_link() -> Link:
    """Return the link through which the merchants' webhooks go."""
    return next(link for link in TOPOLOGY.links if link.callee == SINK)


def published(name: str, ports: Ports) -> dict[str, int]:
    """Return a process's own ports by what they are for."""
    return {item.name: ports.of(item.called) for item in TOPOLOGY.service(name).listeners}


def health_url(name: str, ports: Ports) -> str:
    """Return where a service says how it is. `KeyError` for one that does not."""
    service = TOPOLOGY.service(name)
    if service.health is None:
        raise KeyError(name)
    return _url(service, service.health.listener, service.health.path, ports)


def reset_urls(ports: Ports, absent: Collection[str]) -> dict[str, str]:
    """Return where a POST empties each service that is there and has something of its own to empty."""
    return {
        service.name: _url(service, service.reset.listener, service.reset.path, ports)
        for service in TOPOLOGY.services
        if service.reset is not None and service.name not in absent
    }


def admin_urls(ports: Ports, absent: Collection[str]) -> dict[str, str]:
    """Return the admin addresses of the simulators that are there."""
    return {name: _url(TOPOLOGY.service(name), "admin", "", ports) for name in GATEWAYS if name not in absent}


def fault_urls(ports: Ports, absent: Collection[str]) -> dict[str, str]:
    """Return the admin addresses of everybody outside who can be made to misbehave: the simulators and the sink."""
    return {name: _url(TOPOLOGY.service(name), "admin", "", ports) for name in SIMULATORS if name not in absent}


def _url(service: Service, listener: str, path: str, ports: Ports) -> str:
    return f"http://127.0.0.1:{ports.of(service.listener(listener).called)}{path}"
