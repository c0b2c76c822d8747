"""What shopkeepers do. One flow in each file; the file's name is the flow's name, its `run` the errand.

A flow is plain blocking code over a `Session`. Arrivals are independent: a flow acts on what it made itself. Steps
that build on a payment run only when that payment is known to have become what the step needs.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from loadtests.plan import Arrival
from loadtests.session import Session


@dataclass(frozen=True)
class Flow:
    """One kind of errand. `name` is how a load's mix asks for it, `summary` what it does, in a line."""

    name: str
    summary: str
    run: Callable[[Session, Arrival], None]


def discover() -> dict[str, Flow]:
    """Return every flow of this folder by name."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        found[module.name] = Flow(module.name, (loaded.__doc__ or "").strip().split("\n", 1)[0], loaded.run)
    return found
