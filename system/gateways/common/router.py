"""Paths to handlers. Small and exact: a framework's router would cost as much as the whole answer."""

from collections.abc import Callable
from dataclasses import dataclass

from system.gateways.common.exchange import Answer, Batch, Exchange


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. ``endpoint`` is the books' word, '' when it does not concern money."""

    method: str
    pattern: str
    handler: Callable[[Exchange, Batch], Answer]
    endpoint: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The pattern's segments; ``*`` matches one id."""
        return tuple(self.pattern.strip("/").split("/"))


class Router:
    """Routes by method and number of segments; literal segments win over ``*``."""

    def __init__(self, routes: list[Route]) -> None:
        self._exact: dict[tuple[str, str], Route] = {}
        self._wild: dict[tuple[str, int], list[Route]] = {}
        for route in routes:
            if "*" in route.parts:
                self._wild.setdefault((route.method, len(route.parts)), []).append(route)
            else:
                self._exact[route.method, route.pattern] = route

    def match(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """Return the route and what its placeholders matched, None for an unknown url."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, ()
        parts = tuple(path.strip("/").split("/"))
        for route in self._wild.get((method, len(parts)), ()):
            if all(want in ("*", have) for want, have in zip(route.parts, parts, strict=True)):
                return route, tuple(h for w, h in zip(route.parts, parts, strict=True) if w == "*")
        return None
