"""Makes the table of calls of what the platform's processes told in their logs: who called whom, when, how far it got.

Each link has a port of its own, so the port that a caller dialled says which link its call went over.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.node_log import lines
from harness.core.tables import CALLS

_TOLD = b'"event":"calls"'
_ANSWERED = re.compile(r"Got response from (?:pg-)?(\w+) ")
_UNANSWERED = re.compile(r"Request failed to (?:pg-)?(\w+): .*(?:ConnectionPool|[Cc]onnection|[Tt]imed out)")
_STORE = re.compile(r"Request to server \S+ failed")

Links = Mapping[int, tuple[str, str]]
"""Every link as (caller, callee), by the port that its proxy listens on."""
Row = tuple[str, str, int, int, str, int | None, str]


def save_calls(folder: Path, links: Links) -> None:
    """Write `books/calls.parquet` of the logs in a run's folder; nothing where the run came to no plan, or no links."""
    if not links or not (folder / "plan.json").is_file():
        return
    t0_us = int(json.loads((folder / "plan.json").read_text())["t0_us"])
    rows = [row for path in sorted((folder / "logs").glob("*.log")) for row in _rows(path, links, t0_us)]
    wanted = schema(CALLS)
    columns = list(zip(*rows, strict=True)) or [()] * len(wanted.names)
    table = pa.Table.from_pydict(dict(zip(wanted.names, map(list, columns), strict=True)), schema=wanted)
    (folder / "books").mkdir(exist_ok=True)
    pq.write_table(table, folder / "books" / "calls.parquet")


def _rows(path: Path, links: Links, t0_us: int) -> Iterator[Row]:
    return _of_node(path, t0_us) if path.stem.startswith("pg-") else _of_process(path, links)


def _of_process(path: Path, links: Links) -> Iterator[Row]:
    """Yield what one process told; a line that its death cut short tells nothing."""
    with path.open("rb") as log:
        for line in log:
            if _TOLD not in line:
                continue
            try:
                told = json.loads(line)["calls"]
            except (ValueError, KeyError):
                continue
            for port, began_us, took_us, phase, status, about in told:
                if port in links:
                    yield (*links[port], began_us, began_us + took_us, phase, status, about)


def _of_node(path: Path, t0_us: int) -> Iterator[Row]:
    """Yield whom Patroni of one node asked: another member, or the store in which leaders are chosen."""
    caller = f"patroni-{path.stem.removeprefix('pg-')}"
    for at_us, text in lines(path.read_text(errors="replace"), t0_us):
        if found := _ANSWERED.search(text):
            yield caller, f"patroni-{found[1]}", at_us, at_us, "answered", None, ""
        elif found := _UNANSWERED.search(text):
            yield caller, f"patroni-{found[1]}", at_us, at_us, "refused", None, ""
        elif _STORE.search(text):
            yield caller, "etcd", at_us, at_us, "refused", None, ""
