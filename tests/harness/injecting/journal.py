"""Stands in for the guard's session: what is outstanding, and what was healed in which order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.core.errors import HealingError
from harness.core.fault import Undo
from harness.core.target import Progress


@dataclass
class Journal:
    """`healing` hears of each undo that was carried out."""

    outstanding: dict[str, Undo] = field(default_factory=dict)
    healed: list[str] = field(default_factory=list)
    broken: bool = False
    healing: Callable[[Undo], None] = lambda _: None

    def register(self, undo: Undo) -> str:
        entry = str(len(self.outstanding) + len(self.healed) + 1)
        self.outstanding[entry] = undo
        return entry

    def heal(self, entry: str) -> None:
        if self.broken:
            raise HealingError("the link proxy does not answer")
        undo = self.outstanding.pop(entry, None)
        if undo is not None:
            self.healed.append(undo.kind)
            self.healing(undo)

    def heal_all(self) -> Sequence[str]:
        return self.heal_at_once(lambda _: None)

    def heal_at_once(self, tell: Progress) -> list[str]:
        if self.broken:
            return ["the link proxy does not answer"]
        for entry, undo in list(self.outstanding.items()):
            self.heal(entry)
            tell(f"healed: {undo.kind}")
        return []

    def require_lease(self) -> None:
        return None
