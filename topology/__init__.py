"""What the platform is made of, as data: its services, listeners, links, secrets, health and reset.

`system/services.toml` has a line for each service, and the folder that the line names has a `service.toml`. The
harness, the containers, the manifests and the documents are made from what `load` returns. Imports nothing of ours.
"""

from topology.load import load
from topology.model import Link, Service, Topology, TopologyError

__all__ = ["Link", "Service", "Topology", "TopologyError", "load"]
