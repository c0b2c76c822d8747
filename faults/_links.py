"""What the Toxiproxy faults share: a link pattern, its undo, and one toxic on every link that matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from faults._calls import why_quiet
from faults._traffic import broken_calls, slow_calls, unheard_answers
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface, Toxic


@dataclass(frozen=True)
class LinkFault(Schedulable):
    """Toxics (or, with none, a cut) on every link that matches `place`.

    A `share` below 1 breaks that share of the links, at least one: each is a caller with connections of its own.
    They are drawn here by the seed, and recorded; a toxic's own toxicity is rolled anew behind everybody's back.
    `slow_ms` is the delay that proves a hit where calls still succeed; 0 counts only calls that got no answer.
    `answers_lost` says that requests arrive and only answers are lost, which proves hits in another way.
    """

    name: str
    place: str
    toxics: tuple[Toxic, ...] = ()
    settings: Mapping[str, float | int | str] = field(default_factory=dict)
    slow_ms: float = 0.0
    answers_lost: bool = False
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UsageError(f"share: {self.share} is not above 0 and at most 1")

    @property
    def layer(self) -> Sequence[Toxic]:
        """What it lays on each of its links; nothing cuts them."""
        return self.toxics

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return one restoring step for each link."""
        return [surface.links.undo(link) for link in surface.links.matching(self.place)]

    def links(self, surface: Surface, seed: int) -> Sequence[str]:
        """Return the links that it breaks, drawn by the seed where it is a share of them."""
        every = surface.links.matching(self.place)
        drawn = sorted(every, key=lambda link: blake2b(f"{seed} {self.name} {link}".encode()).digest())
        kept = set(drawn[: max(1, round(self.share * len(drawn)))])
        return [link for link in every if link in kept]

    def inject(self, surface: Surface, seed: int) -> Sighting | None:
        """Cut every link, or put every toxic on it in one step."""
        broken = self.links(surface, seed)
        self.lay_on(surface, broken)
        return {"links": list(broken), "share": self.share} if self.share < 1 else None

    def lay_on(self, surface: Surface, links: Sequence[str]) -> None:
        """Break these links."""
        for link in links:
            if self.toxics:
                surface.links.lay(link, self.toxics)
            else:
                surface.links.cut(link)

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the calls that it slowed or broke."""
        if self.answers_lost:
            return unheard_answers(evidence, self.place, bite)
        if self.slow_ms:
            return slow_calls(evidence, self.place, bite, self.slow_ms)
        return broken_calls(evidence, self.place, bite)

    def why_nothing(self, evidence: Evidence, bite: Bite) -> str:
        """Return why its links may have carried nothing, as the run's topology tells."""
        return why_quiet(evidence, self.place, bite)


def to_gateway(gateway: str, link: str) -> str:
    """Return the link pattern a factory means: `link` where given, else every caller of `gateway`."""
    return link or f"*-to-{gateway}"
