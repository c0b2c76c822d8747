"""The table of docs/clients.md, which the test makes: `FAULTLINE_REQUIRE_CLIENTS=1 FAULTLINE_WRITE_CLIENTS=1`."""

import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from tests.clients.cases import Outcome
from tests.clients.kinds import KINDS, Kind

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
WRITE = os.environ.get("FAULTLINE_WRITE_CLIENTS") == "1"
_BEGIN, _END = "<!-- table: clients -->", "<!-- end -->"
_HEAD = ("client", "version", "over", "connection", "sent again", "answered where it arrived", "told its caller")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    client: str
    version: str
    way: str
    connection: str
    resent: str
    arrived: str
    told: str


def rows_of(kind: Kind, version: str, outcomes: Sequence[Outcome]) -> list[Row]:
    """Return the lines for one client."""
    return [
        Row(
            kind.name,
            version,
            outcome.way,
            outcome.connection,
            str(outcome.resent),
            ", ".join(outcome.arrived),
            outcome.told.replace("|", "/")[:110],
        )
        for outcome in outcomes
    ]


def told_by_page(kind: Kind) -> list[Row]:
    """Return the page's lines for one client."""
    return [row for row in _read() if row.client == kind.name]


def write_rows(kind: Kind, version: str, outcomes: Sequence[Outcome]) -> None:
    """Put a client's lines in place of those that the page has."""
    order = [each.name for each in KINDS]
    rows = [row for row in _read() if row.client != kind.name] + rows_of(kind, version, outcomes)
    rows.sort(key=lambda row: order.index(row.client))
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    table = [_line(_HEAD), _line(["---"] * len(_HEAD)), *(_line(astuple(row)) for row in rows)]
    PAGE.write_text(before + "\n".join([_BEGIN, *table, _END]) + rest.partition(_END)[2])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _read() -> list[Row]:
    lines = PAGE.read_text().partition(_BEGIN)[2].partition(_END)[0].strip().splitlines()[2:]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]
