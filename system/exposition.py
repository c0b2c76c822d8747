"""The Prometheus text of a process that has no metrics of its own but a few numbers and its CPU."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

METRICS_PATH = "/admin/metrics"


def metrics_route(numbers: Mapping[str, tuple[str, Callable[[], float]]]) -> Route:
    """Return a route that shows each number (name: what it means, how to read it now)."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for name, (meaning, read) in numbers.items():
        Gauge(name, meaning, registry=registry).set_function(read)

    async def show(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return Route(METRICS_PATH, show)
