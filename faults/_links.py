"""What the Toxiproxy faults share: a link pattern, its undo, and one toxic on every link that matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faults._traffic import broken_calls, slow_calls, unheard_answers
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class Toxic:
    """One Toxiproxy toxic. `stream`: `upstream` spoils requests, `downstream` spoils answers."""

    kind: str
    stream: str
    attributes: Mapping[str, int]
    toxicity: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.toxicity <= 1:
            raise UsageError(f"share: {self.toxicity} is not above 0 and at most 1")


@dataclass(frozen=True)
class LinkFault(Schedulable):
    """Toxics (or, with none, a cut) on every link that matches `place`.

    `slow_ms` is the delay that proves a hit where calls still succeed; 0 counts only calls that got no answer.
    `answers_lost` says that requests arrive and only answers are lost, which proves hits in another way.
    """

    name: str
    place: str
    toxics: tuple[Toxic, ...] = ()
    settings: Mapping[str, float | int | str] = field(default_factory=dict)
    slow_ms: float = 0.0
    answers_lost: bool = False

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return one restoring step for each link."""
        return [surface.links.undo(link) for link in surface.links.matching(self.place)]

    def inject(self, surface: Surface, seed: int) -> Sighting | None:
        """Cut every link, or add every toxic to it."""
        for link in surface.links.matching(self.place):
            self._break(surface, link)
        return None

    def _break(self, surface: Surface, link: str) -> None:
        if not self.toxics:
            surface.links.cut(link)
        for toxic in self.toxics:
            surface.links.add_toxic(
                link, toxic.kind, stream=toxic.stream, toxicity=toxic.toxicity, attributes=toxic.attributes
            )

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the calls that it slowed or broke."""
        if self.answers_lost:
            return unheard_answers(evidence, self.place, bite)
        if self.slow_ms:
            return slow_calls(evidence, self.place, bite, self.slow_ms)
        return broken_calls(evidence, self.place, bite)


def to_gateway(gateway: str, link: str) -> str:
    """Return the link pattern a factory means: `link` where given, else every caller of `gateway`."""
    return link or f"*-to-{gateway}"
