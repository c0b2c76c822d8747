"""What `faultline bugs` and `faultline mutants` share: a record to go on with, and a table that is told and kept."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.cli.talk import Talker
from harness.core.errors import Interrupted, UsageError
from harness.core.plain import json_text
from harness.score.outcome import Record
from harness.score.publishing import publish


def open_record(path: Path, *, fresh: bool) -> Record:
    """Return the record in a file. Raises `UsageError` where a `fresh` one is asked for and it has a series."""
    if fresh and path.exists() and path.stat().st_size:
        raise UsageError(f"{path} has a series already", hint="--resume goes on with it; or give another --out")
    return Record(path, resume=True)


@contextmanager
def resumable(where: Path) -> Iterator[None]:
    """Have an interruption say where that is what ended, and how to go on."""
    try:
        yield
    except Interrupted as stopped:
        told = f"interrupted ({stopped.name}): what ended is in {where}; the same command with --resume goes on"
        raise Interrupted(stopped.signum, told) from stopped


def tell_table(
    name: str, table: str, data: msgspec.Struct, out: Path, page: Path | None, talker: Talker, *, as_json: bool
) -> None:
    """Print a table or its data, keep both in `out` under this name, and put them into `page`, if there is one."""
    kept, kept_data = out / f"{name}.md", out / f"{name}.json"
    kept.write_text(table + "\n")
    kept_data.write_text(json_text(data, indent=1) + "\n")
    sys.stdout.write((json_text(data, indent=2) if as_json else table) + "\n")
    talker.line(f"kept in {kept} and {kept_data}")
    if page:
        talker.line(f"published in {page} and {publish(page, name, table, data)}")
