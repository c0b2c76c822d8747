"""The runbook's endpoints, one in each file; each file's ROUTES says where they are."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules

from starlette.requests import Request
from starlette.responses import Response

from system.api.handling import Service

Operation = Callable[[Service, Request, str], Awaitable[Response]]


def routes() -> list[tuple[str, str, Operation]]:
    """Return method, path and handler of every endpoint of this package."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return [route for module in modules for route in getattr(module, "ROUTES", ())]
