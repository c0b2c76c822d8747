"""The words a story is made of. Tellers make facts, `layout` puts them in order, the template draws them."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "good", "refused", "doubt", "bad"]
"""How a fact reads: `refused` is a definite and rightful no, `doubt` an unknown, `bad` something that got lost."""

CLIENT, API, LEDGER, MERCHANT = "client", "api", "ledger", "merchant"


@dataclass(frozen=True)
class Fact:
    """Something one party did at `at_us` (microseconds since the epoch).

    `lane` is the party, `to` the party it reached out to ('' for a fact of its own). `label` fits beside a dot,
    `words` is the same in a sentence. `lost` is a message that its receiver never got. `rank` orders facts of one
    microsecond by cause and effect.
    """

    at_us: int
    lane: str
    label: str
    words: str
    to: str = ""
    tone: Tone = "plain"
    lost: bool = False
    rank: int = 0


@dataclass(frozen=True)
class Span:
    """A state that lasted, drawn as a bar on a lane; `to_us` None means until the end of the story."""

    lane: str
    state: str
    tone: Tone
    from_us: int
    to_us: int | None


@dataclass(frozen=True)
class Telling:
    """What one teller has to say."""

    facts: tuple[Fact, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of the drawn story.

    `kind`: `fact`, `gap` (time passes) or `context` (something about the whole run). Columns count from 1.
    """

    kind: Literal["fact", "gap", "context"]
    words: str
    label: str = ""
    number: int = 0
    since: str = ""
    run_time: str = ""
    column: int = 0
    to_column: int = 0
    tone: Tone = "plain"
    lost: bool = False
    in_fault: bool = False


@dataclass(frozen=True)
class Bar:
    """A span in the drawing: a lane's column, and the first and last line that it covers (from 1)."""

    column: int
    state: str
    tone: Tone
    from_row: int
    to_row: int


@dataclass(frozen=True)
class Story:
    """A payment's story, ready to be drawn. `lanes` are (key, title); `missing` tells what was not collected.

    `books` are (who, what it says it comes to) in the end, one for each that keeps a record;
    `breaks` the invariants that this payment breaks.
    """

    heading: str
    why: str
    about: str
    reference: str
    lanes: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...] = ()
    missing: tuple[str, ...] = ()
    at_s: float | None = None
    ids: tuple[str, ...] = ()
    books: tuple[tuple[str, str], ...] = ()
    breaks: tuple[str, ...] = ()
