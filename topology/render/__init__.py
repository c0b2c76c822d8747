"""The files that are made from the topology, whole or in parts. They stay in git and are reviewed as they change."""

from collections.abc import Callable, Mapping
from pathlib import Path

from topology.alerts import load_alerts
from topology.model import Topology
from topology.render import alerts, compose, documents, haproxy, kubernetes, links, network, prometheus, secrets
from topology.render.blocks import with_blocks
from topology.settings import Settings

Blocks = Callable[[Topology], Mapping[str, str]]

COMPOSE = "docker-compose.yml"
PARTS: Mapping[str, Blocks] = {
    "docker/haproxy/haproxy.cfg": haproxy.blocks,
    "docker/prometheus/prometheus.yml": prometheus.blocks,
    "docker/README.md": documents.blocks,
    "deploy/kubernetes/base/database.yaml": kubernetes.node_blocks,
    "deploy/kubernetes/base/kustomization.yaml": kubernetes.kustomization_blocks,
    "deploy/kubernetes/base/network.yaml": network.blocks,
    "deploy/kubernetes/base/toxiproxy.yaml": kubernetes.link_blocks,
    "deploy/kubernetes/overlays/cluster/kustomization.yaml": kubernetes.image_blocks,
}
"""Files of which only what lies between two marks is made: the rest is written by hand. Compose's is one more, with the
settings that it passes on."""


def rendered(topology: Topology, settings: Settings, root: Path) -> dict[Path, str]:
    """Return what each file should say, by its path under `root`. Raises `TopologyError` for marks that are missing."""
    whole = {
        "docker/prometheus/alerts.yml": alerts.whole(load_alerts(root / "system")),
        "docker/toxiproxy/links.json": links.whole(topology),
        "docker/platform/secrets.json": secrets.whole(topology),
        "deploy/kubernetes/base/services.yaml": kubernetes.whole(topology),
        **secrets.examples(topology),
    }
    parts = {path: made(topology) for path, made in PARTS.items()} | {COMPOSE: compose.blocks(topology, settings)}
    whole |= {path: with_blocks(path, (root / path).read_text(), made) for path, made in parts.items()}
    return {root / path: text for path, text in whole.items()}
