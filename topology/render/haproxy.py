"""The entry's configuration: the API's replicas."""

from topology.model import Topology


def blocks(topology: Topology) -> dict[str, str]:
    """Return the servers of the backend."""
    replicas = topology.of_group("api")
    width = max(len(service.name) for service in replicas)
    addresses = {service.name: f"{service.name}.platform:{service.listeners[0].port}" for service in replicas}
    servers = [f"    server {name:<{width}} {address}" for name, address in addresses.items()]
    return {"servers": "\n".join(servers)}
