"""The table of services and ports."""

from topology.model import Service, Topology
from topology.ports import DEFAULT_BASE


def blocks(topology: Topology) -> dict[str, str]:
    """Return the table of what is published where."""
    rows = [
        f"| {service.name} | {service.declared.role} | {_ports(service)} | {_callees(topology, service)} |"
        for service in topology.services
    ]
    return {"services": "\n".join(["| service | what it is | 127.0.0.1 | links to |", "|---|---|---|---|", *rows])}


def _ports(service: Service) -> str:
    found = [item for item in service.listeners if item.published and item.only != "processes"]
    told = [f":{DEFAULT_BASE + item.offset}{f' ({item.name})' if len(found) > 1 else ''}" for item in found]
    return ", ".join(told) or "not published"


def _callees(topology: Topology, service: Service) -> str:
    links = [link for link in topology.links_from(service.name) if link.only != "processes"]
    return ", ".join(dict.fromkeys(link.callee for link in links))
