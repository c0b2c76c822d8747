"""What there is to be broken, as the page draws and previews it: services and links by their names, and traffic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from harness.provision.ports import TOPOLOGY


@dataclass(frozen=True)
class Way:
    """A link by its name, from one service to another."""

    name: str
    caller: str
    callee: str


@dataclass(frozen=True)
class Ground:
    """The services by their names with their kinds, and the links that this target really has."""

    services: Mapping[str, str]
    ways: Sequence[Way]

    def of_kind(self, kind: str) -> Sequence[str]:
        """Return the services of a kind."""
        return [name for name, found in self.services.items() if found == kind]


@dataclass(frozen=True)
class Traffic:
    """What the books say was done lately: attempts by gateway in the last `seconds`."""

    seconds: int = 300
    attempts: Mapping[str, int] = field(default_factory=dict)

    def share_of(self, gateway: str) -> float | None:
        """Return the share of attempts that went to a gateway; None where there were none at all."""
        whole = sum(self.attempts.values())
        return self.attempts.get(gateway, 0) / whole if whole else None


def ground_of(links: Sequence[str]) -> Ground:
    """Return the ground of a platform that has these links."""
    there = set(links)
    ways = [Way(link.name, link.caller, link.callee) for link in TOPOLOGY.links if link.name in there]
    used = {name for way in ways for name in (way.caller, way.callee)}
    services = {item.name: str(item.kind) for item in TOPOLOGY.services if item.name in used}
    return Ground(services, ways)


def links_on(target: str) -> Sequence[str]:
    """Return the links that a platform of this target has."""
    elsewhere = "processes" if target == "compose" else "containers"
    return [link.name for link in TOPOLOGY.links if link.only != elsewhere]


def matching(ground: Ground, pattern: str) -> Sequence[Way]:
    """Return the links whose names match a shell pattern."""
    return [way for way in ground.ways if fnmatchcase(way.name, pattern)]
