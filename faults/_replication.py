"""What the faults of replication share: one standby or all of them, and the proof that they fell behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from faults._cluster import BEHIND_BYTES, LAG
from faults._links import LinkFault
from harness.core.database_controls import Database
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Sighting
from harness.core.surface import Surface, Toxic

Standbys = Literal["one", "all"]
"""Whom it concerns: `one` costs nothing where another confirms the commits, with `all` nobody does."""

LINKS = "standby-*-to-db-*"
"""Each carries the log of one node to another, while that one follows it."""


def checked(standbys: Standbys) -> Standbys:
    """Return it, or raise `UsageError` where it is neither."""
    if standbys not in ("one", "all"):
        raise UsageError(f"standbys: {standbys!r} is not valid", hint="valid: one, all")
    return standbys


def chosen(database: Database, standbys: Standbys) -> Sequence[str]:
    """Return the standbys that are to be broken: all, or the first, which would be the one to take over."""
    found = database.standbys()
    return found if standbys == "all" else found[:1]


def behind(evidence: Evidence, fault: str, bite: Bite) -> int:
    """Count the looks at which each standby that the fault names as broken lacked `BEHIND_BYTES` of the log or more.

    Of several, the one that was behind least often counts: a fault of all that spared one was none.
    """
    if not evidence.has("metrics"):
        return 0
    named = [
        node
        for event in evidence.events_of("fault_seen")
        if event.detail.get("fault") == fault and bite.from_us <= event.at_us <= bite.to_us
        for node in event.detail.get("standbys", ())
    ]
    return min((_looks(evidence, node, bite) for node in named), default=0)


def _looks(evidence: Evidence, node: str, bite: Bite) -> int:
    return evidence.count(
        "SELECT count(*) FROM metrics WHERE process = ? AND metric = ? AND at_us BETWEEN ? AND ? AND value >= ?",
        [node, LAG, bite.from_us, bite.to_us, BEHIND_BYTES],
    )


@dataclass(frozen=True)
class ReplicationFault(LinkFault):
    """Toxics (or, with none, a cut) on what one standby, or each, receives of any other node.

    It breaks no call: it shows in what the standbys lack. Roles may change at any time, so whoever was chosen when the
    links were asked for is kept.
    """

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    standbys: Standbys = "all"
    _nodes: list[str] = field(default_factory=list, compare=False)
    _chosen: list[str] = field(default_factory=list, compare=False)

    def links(self, surface: Surface, seed: int) -> Sequence[str]:
        """Return every link that matches, or those of the one standby that is chosen now."""
        self._nodes[:] = chosen(surface.database, self.standbys)
        whose = "*" if self.standbys == "all" else self._nodes[0].removeprefix("pg-")
        self._chosen[:] = surface.links.matching(LINKS.replace("*", whose, 1))
        return tuple(self._chosen)

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Break them."""
        links = tuple(self._chosen) or self.links(surface, seed)
        self.lay_on(surface, links)
        seen = {"standbys": list(self._nodes)}
        # Of all, the place says which they are.
        return {**seen, "links": list(links)} if self.standbys == "one" else seen

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the looks at which they were behind."""
        return behind(evidence, self.name, bite)


def replication_fault(
    name: str, standbys: Standbys, *toxics: Toxic, settings: Mapping[str, float | int | str] | None = None
) -> ReplicationFault:
    """Return a fault of the links that carry the log."""
    told = {"standbys": checked(standbys), **(settings or {})}
    return ReplicationFault(name=name, place=LINKS, toxics=toxics, settings=told, standbys=standbys)
