"""The manifests: a workload and a Service for each process, links, secrets and images."""

from topology.model import Service, Topology
from topology.ports import LINKS_FROM
from topology.render.contained import contained, node_settings
from topology.render.secrets import environments
from topology.render.templating import fill

_REGISTRY = "registry.example/faultline"


def whole(topology: Topology) -> str:
    """Return services.yaml: every process that is started from a module."""
    return fill("kubernetes.j2", services=contained(topology), quantity=_quantity)


def _quantity(cores: float) -> str:
    return f"{cores:.0f}" if cores == int(cores) else f"{cores * 1000:.0f}m"


def node_blocks(topology: Topology) -> dict[str, str]:
    """Return what each database node is told."""
    return {node.name: _told(topology, node) for node in topology.of_group("database")}


def _told(topology: Topology, node: Service) -> str:
    settings = node_settings(topology, node)
    return "\n".join(f'            - {{name: {name}, value: "{value}"}}' for name, value in settings.items())


def link_blocks(topology: Topology) -> dict[str, str]:
    """Return the ports of Toxiproxy's Service."""
    ports = [LINKS_FROM + link.offset for link in topology.links if link.only != "processes"]
    return {"links": "\n".join(f"    - {{name: link-{port}, port: {port}}}" for port in ports)}


def kustomization_blocks(topology: Topology) -> dict[str, str]:
    """Return the Secrets that are made from each role's file."""
    secrets = [f"  - name: {role}-secrets\n    envs: [secrets/{role}.env]" for role in environments(topology)]
    return {"secrets": "\n".join(secrets)}


def image_blocks(topology: Topology) -> dict[str, str]:
    """Return the images by their names in a registry."""
    names = dict.fromkeys(["setup", *(service.container.image for service in topology.services)])
    return {"images": "\n".join(f"  - {{name: faultline-{name}, newName: {_REGISTRY}/{name}}}" for name in names)}
