"""The README's catalogue tables, made from the code: `python -m harness.cli.tables README.md` writes them in place."""

import re
import sys
from pathlib import Path

from harness import catalogue

_SECTION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(kind: str) -> str:
    """Return the Markdown table of one kind: scenarios, faults, invariants or bugs. `KeyError` for another."""
    return {"scenarios": _scenarios, "faults": _faults, "invariants": _invariants, "bugs": _bugs}[kind]()


def _rows(head: str, rows: list[str]) -> str:
    rule = "|".join("---" for _ in head.split("|")[1:-1])
    return "\n".join([head, f"|{rule}|", *rows]) + "\n"


def _scenarios() -> str:
    names = catalogue.scenario_names()
    return _rows("| scenario | claim |", [f"| `{name}` | {catalogue.scenario(name).claim} |" for name in names])


def _faults() -> str:
    stories = [(name, catalogue.first_line(catalogue.fault_story(name))) for name in catalogue.fault_names()]
    return _rows("| fault | what goes wrong |", [f"| `{name}` | {story} |" for name, story in stories])


def _invariants() -> str:
    found = catalogue.invariants()
    return _rows(
        "| id | what must be true | its witness: without it, no PASS |",
        [f"| {item.id} | {item.sentence} | {item.witness.sentence} (≥ {item.witness.at_least}) |" for item in found],
    )


def _bugs() -> str:
    rows = []
    for bug in catalogue.planted_bugs().values():
        shown_by = ", ".join(f"`{name}`" for name in bug.shown_by)
        rows.append(f"| {bug.id} | {bug.title} | {', '.join(bug.caught_by)} | {shown_by} |")
    return _rows("| id | planted bug | caught by | shown by |", rows)


def with_tables(text: str) -> str:
    """Return a document with each section between `<!-- table: KIND -->` and `<!-- end -->` made anew."""
    return _SECTION.sub(lambda match: match[1] + table(match[2]) + match[3], text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(with_tables(path.read_text()))
