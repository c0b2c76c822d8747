"""A comparison as JSON. docs/comparing.md says what each field holds."""

from collections.abc import Mapping, Sequence

import msgspec

from harness.comparing import Broken, Comparison, Side, as_document
from harness.comparing.documents import FigureDocument
from harness.core.plain import json_text

NAME = "json"


class SideDocument(msgspec.Struct, frozen=True):
    """One side of a comparison."""

    name: str
    runs: int
    facts: Mapping[str, str]
    doubts: tuple[str, ...]


class LimitDocument(msgspec.Struct, frozen=True):
    """A limit that was asked for, and whether it is broken (None: nobody can say)."""

    limit: str
    broken: bool | None
    reason: str


class Document(msgspec.Struct, frozen=True):
    """The whole comparison."""

    schema_version: int
    first: SideDocument
    second: SideDocument
    unlike: Mapping[str, Sequence[str]]
    doubts: tuple[str, ...]
    part: str
    confidence: float
    draws: int
    seed: int
    figures: tuple[FigureDocument, ...]
    limits: tuple[LimitDocument, ...]


def render(comparison: Comparison, limits: Sequence[Broken]) -> str:
    """Return the comparison as JSON."""
    told = as_document(comparison)
    document = Document(
        schema_version=1,
        first=_side(comparison.first),
        second=_side(comparison.second),
        unlike=comparison.unlike,
        doubts=tuple(comparison.doubts),
        part=told.part,
        confidence=told.confidence,
        draws=told.draws,
        seed=told.seed,
        figures=told.figures,
        limits=tuple(LimitDocument(item.limit.text, item.broken, item.reason) for item in limits),
    )
    return json_text(document, indent=2, allow_nan=False) + "\n"


def _side(side: Side) -> SideDocument:
    return SideDocument(side.name, len(side.runs), dict(side.facts), tuple(side.doubts))
