"""Whether two runs differ, by how much, and whether that is more than noise.

`figures` says what is compared, `reading` takes it from a run's folder step by step, `drawing` draws steps again in
blocks, `measuring` computes the figures of what was drawn, `together` makes intervals that hold all at once, and
`comparison` puts them side by side. All but `reading` and `sources` is pure.
"""

from harness.comparing.comparison import Comparison, compare
from harness.comparing.difference import Difference, Outcome
from harness.comparing.documents import as_document
from harness.comparing.figures import FIGURES, PARTS, Figure
from harness.comparing.limits import Broken, Limit, check, parse_least, parse_limit
from harness.comparing.series import Series, Side

__all__ = [
    "FIGURES",
    "PARTS",
    "Broken",
    "Comparison",
    "Difference",
    "Figure",
    "Limit",
    "Outcome",
    "Series",
    "Side",
    "as_document",
    "check",
    "compare",
    "parse_least",
    "parse_limit",
]
