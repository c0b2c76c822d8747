"""What a mutant is: one edit of one file, at a place that can tell that it was reached."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["expression", "statement", "import", "sql"]


@dataclass(frozen=True, order=True)
class Site:
    """Where a mutant reports that it was reached: byte offsets in its file.

    An `expression` reports when it is evaluated and a `statement` before it runs. What is evaluated as its module is
    loaded (`import`) is in force from the start. In SQL it is a point: before the statement or at the function's begin.
    """

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a file become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Mutant:
    """One small fault. `function` is the qualified name around it, `line` counts from 1."""

    id: str
    path: str
    function: str
    line: int
    operator: str
    site: Site
    edit: Edit
    before: str

    @property
    def title(self) -> str:
        """The mutant in one line."""
        return f"{self.path}:{self.line} {self.function}: {self.operator}"

    def mutated(self, source: bytes) -> bytes:
        """Return the file with the edit alone."""
        return source[: self.edit.start] + self.edit.text.encode() + source[self.edit.end :]

    def diff(self, source: bytes) -> str:
        """Return the edit as a unified diff of the lines that it changes, without line numbers."""
        before, after = source.decode().splitlines(), self.mutated(source).decode().splitlines()
        lines = difflib.unified_diff(before, after, lineterm="", n=0)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def identified(found: Iterable[Mutant], source: bytes) -> list[Mutant]:
    """Return mutants with ids that outlive changes elsewhere in their file, each mutated text once.

    An id says file, function, operator, what was there and what is there instead; among equals, which of them it is.
    """
    seen: set[bytes] = set()
    count: Counter[str] = Counter()
    told = []
    for mutant in sorted(found, key=lambda item: (item.edit.start, item.edit.end, item.operator, item.edit.text)):
        text = mutant.mutated(source)
        if text in seen or text == source:
            continue
        seen.add(text)
        what = "\0".join((mutant.path, mutant.function, mutant.operator, mutant.before, mutant.edit.text))
        count[what] += 1
        digest = hashlib.sha256(f"{what}\0{count[what]}".encode()).hexdigest()[:8]
        told.append(replace(mutant, id=f"M{digest}"))
    return told


def by_id(mutants: Sequence[Mutant]) -> dict[str, Mutant]:
    """Return mutants by their ids. Raises `ValueError` where two share one."""
    found = {mutant.id: mutant for mutant in mutants}
    if len(found) != len(mutants):
        shared = sorted(name for name, count in Counter(mutant.id for mutant in mutants).items() if count > 1)
        raise ValueError(f"mutants share ids: {', '.join(shared)}")
    return found
