"""What load balancers, gateways and readers of these pages ask for."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from system.api.described import Described, Told
from system.connectors.gateway import Webhooks
from system.connectors.registry import GATEWAYS
from system.core.resources import Received


class Alive(Struct, frozen=True):
    """This process answers."""

    name: str
    instance: str
    status: Literal["alive"]


class Durability(Struct, frozen=True):
    """In how many places a commit is when it is acknowledged now."""

    nodes: int
    confirmed_by: str
    copies: int
    without_a_standby: str


class Pool(Struct, frozen=True):
    """This replica's connections."""

    size: int
    waiting: int
    generation: int


class BreakerView(Struct, frozen=True):
    """A breaker as this process sees it."""

    gateway: str
    operation_class: str
    state: Literal["closed", "open", "half_open"]


class RoutingView(Struct, frozen=True):
    """The routing as this process knows it."""

    primary: str
    fallback: str
    fallback_enabled: bool
    version: int
    epoch: int


class Health(Struct, frozen=True):
    """What this process is and what it sees. `bug`: the planted one; null in a sound platform."""

    name: str
    instance: str
    role: Literal["api", "worker", "billing"]
    version: str
    status: Literal["ok", "degraded"]
    bug: str | None
    bug_reached: int
    clock_offset_s: float
    crash_point: str
    database: str
    database_lost_at_us: int | None
    database_session: dict[str, str]
    durability: Durability
    pool: Pool
    breakers: tuple[BreakerView, ...]
    routing: RoutingView


_SIGNED = (
    *("signature_missing", "signature_malformed", "signature_mismatch", "signature_too_old", "signature_in_future"),
    *("malformed_event", "body_too_large", "body_incomplete", "database_unavailable"),
)


def _told(title: str, name: str, webhooks: Webhooks) -> Described:
    taken = {200: Told(Received, "Taken. It acts once, however often it comes.")}
    return Described("webhooks", f"{title} tells of something", taken, _SIGNED, body=webhooks.model, security=name)


ROUTES: Mapping[tuple[str, str], Described] = {
    ("GET", "/health"): Described("probes", "What this process is and sees", {200: Told(Health, "Always.")}),
    ("GET", "/health/live"): Described(
        "probes",
        "Whether this process is to be left alone",
        {200: Told(Alive, "It answers. Depends on nothing else; load balancers use it.")},
    ),
    ("GET", "/health/ready"): Described(
        "probes",
        "Whether it could do its work now",
        {200: Told(Health, "It could."), 503: Told(Health, "It could not: its database does not answer.")},
    ),
    ("GET", "/metrics"): Described(
        "probes",
        "Figures for Prometheus",
        {200: Told(None, "Text, version 0.0.4.")},
        description="`?name[]=payments_total` picks series by name, as many as are named.",
    ),
    **{
        ("POST", f"/webhooks/{gateway.name}"): _told(gateway.title, gateway.name, gateway.webhooks)
        for gateway in GATEWAYS
        if gateway.webhooks is not None
    },
}
