"""The primary lives, and nobody can reach it: clients, standby and voters are all beyond cut links.

It must stop accepting writes before the other node starts to, or there are two truths. The harness proves it by trying
to write straight to it: before, when that must work, and all the while after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._cluster import starved_requests
from harness.core.errors import ControlError
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface, Toxic


@dataclass(frozen=True)
class Partition(Schedulable):
    """The node that is cut off is kept here from when its links are asked for, for `tick` to try it."""

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str = "primary_partitioned"
    place: str = "primary"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)
    _cut_off: list[str] = field(default_factory=list, compare=False)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the steps that restore the links of every node: nobody knows who is the primary a moment later."""
        nodes = surface.database.nodes()
        undos = {str(undo): undo for node in nodes for undo in surface.database.undo_partition(node)}
        return list(undos.values())

    @property
    def layer(self) -> Sequence[Toxic]:
        """Nothing is laid on its links: they are cut."""
        return ()

    def links(self, surface: Surface, seed: int) -> Sequence[str]:
        """Return the links of whoever is the primary now; none where the target takes it off its network instead."""
        self._cut_off[:] = [surface.database.primary()]
        undos = surface.database.undo_partition(self._cut_off[0])
        return [undo.arguments["link"] for undo in undos if "link" in undo.arguments]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Cut the primary off, after it has accepted one write straight from here (`ControlError` otherwise)."""
        node = surface.database.primary()
        if self._cut_off and self._cut_off != [node]:
            raise ControlError(f"the primary moved from {self._cut_off[0]} to {node} right before it was cut off")
        written = surface.database.write(node)
        if written.answer != "accepted":
            raise ControlError(f"{node} accepted no write even before it was cut off: {written.answer}, {written.said}")
        surface.database.partition(node)
        self._cut_off[:] = [node]
        return {"node": node, "moment": "before", "write": written.answer, "said": written.said}

    def tick(self, surface: Surface) -> Sighting:
        """Try to write straight to the node that is cut off."""
        (node,) = self._cut_off
        written = surface.database.write(node)
        return {"node": node, "moment": "cut off", "write": written.answer, "said": written.said}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the writes that it refused, if it had accepted one before, and the requests that starved."""
        seen = [item for item in evidence.events_of("fault_seen") if bite.from_us <= item.at_us <= bite.to_us]
        own = [item.detail for item in seen if item.detail.get("fault") == self.name]
        accepted = any(item["moment"] == "before" and item["write"] == "accepted" for item in own)
        if not accepted:
            return 0
        refused = sum(item["moment"] == "cut off" and item["write"] == "refused" for item in own)
        return int(refused) + starved_requests(evidence, bite)


def primary_partitioned() -> Partition:
    """Return a cut of every link of the primary while it lives."""
    return Partition()
