"""What Prometheus scrapes: a job for each kind of service."""

from topology.declared import Metrics
from topology.model import Topology

_ITSELF = "prometheus"


def blocks(topology: Topology) -> dict[str, str]:
    """Return the jobs, in the order in which services name them."""
    jobs: dict[str, tuple[Metrics, list[str]]] = {}
    for service in topology.services:
        if service.metrics is not None:
            port = service.listener(service.metrics.listener).port
            host = "127.0.0.1" if service.name == _ITSELF else f"{service.name}.platform"
            jobs.setdefault(service.metrics.job, (service.metrics, []))[1].append(f"{host}:{port}")
    lines = []
    for job, (metrics, targets) in jobs.items():
        lines.append(f"  - job_name: {job}")
        if metrics.path != Metrics(job="", listener="").path:
            lines.append(f"    metrics_path: {metrics.path}")
        lines += ["    static_configs:", f"      - targets: [{', '.join(targets)}]"]
    return {"jobs": "\n".join(lines)}
