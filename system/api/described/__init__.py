"""What the API says of itself: for each route its summary, what it takes, and every answer that it may give.

`system.api.openapi` makes the OpenAPI document of it. A route that is not described here fails a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from system.json_body import PlainObject

TAGS: Mapping[str, str] = {
    "payments": "What merchants ask for.",
    "refunds": "Money back.",
    "subscriptions": "Plans that are paid for period after period.",
    "operators": "The runbook. Every action and every reading of it leaves one row in the audit, refusals included.",
    "webhooks": "What gateways tell us, signed.",
    "probes": "For load balancers, Kubernetes and Prometheus.",
    "about": "For everyone.",
    "test controls": "Only where the platform allows them.",
}
"""The groups of routes, in the order in which they are shown."""


@dataclass(frozen=True)
class Told:
    """One good answer: its body's model (None: no JSON), and when it is given."""

    model: type[Struct] | None
    when: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """One route. `body` and `query` are models, `errors` the codes of `errors.CODES` that it may answer.

    `example` is a body that would be taken. `keyed`: it moves money, so it needs an Idempotency-Key.
    `optional_body`: it may be asked without one.
    """

    tag: str
    summary: str
    answers: Mapping[int, Told]
    errors: tuple[str, ...] = ()
    description: str = ""
    body: type[Struct] | None = None
    example: PlainObject | None = None
    query: type[Struct] | None = None
    security: str = ""
    """How it is known who asks: `merchant`, `operator`, or the name of the gateway that signs it."""
    keyed: bool = False
    optional_body: bool = False
    other_errors: Mapping[int, str] = field(default_factory=dict)
    """Statuses whose codes are not ours to list, such as a gateway's declines, and when they come."""
