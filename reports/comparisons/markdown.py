"""A comparison as a Markdown table, for a pull request."""

from collections.abc import Iterator, Sequence

from harness.comparing import Broken, Comparison
from reports.comparisons import _words as words

NAME = "markdown"


def render(comparison: Comparison, limits: Sequence[Broken]) -> str:
    """Return the comparison as GitHub-flavoured Markdown."""
    return "\n".join(_lines(comparison, limits)) + "\n"


def _lines(comparison: Comparison, limits: Sequence[Broken]) -> Iterator[str]:
    yield f"**{words.verdict(comparison)}** `{comparison.first.name}` → `{comparison.second.name}`"
    yield ""
    yield f"| {' | '.join(words.HEADINGS)} |"
    yield f"|{'---|' * len(words.HEADINGS)}"
    for item in comparison.differences:
        yield f"| {' | '.join(_plain(cell) for cell in words.row(item))} |"
    yield ""
    for name, (one, other) in comparison.unlike.items():
        yield f"- Not the same: {name}: {_plain(one or 'none')} / {_plain(other or 'none')}"
    for doubt in comparison.doubts:
        yield f"- Doubt: {_plain(doubt)}"
    for limit in limits:
        yield f"- {_plain(words.held(limit))}"
    yield ""
    yield words.footing(comparison)


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<").replace("_", "\\_")
