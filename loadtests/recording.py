"""Reads recorded arrivals: a CSV or Parquet file with the columns time, kind and amount_bucket, or one by its name."""

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from harness.core.arrivals import Recorded, first_disorder
from harness.core.errors import UsageError
from loadtests.amounts import BUCKETS
from loadtests.flows import discover
from loadtests.recordings import RECORDINGS, Row

COLUMNS = ("time", "kind", "amount_bucket")
ROWS_MAX = 1_000_000
OPTION = "--arrivals"
_FORM = f"a CSV or Parquet file with the columns {', '.join(COLUMNS)}, or {', '.join(sorted(RECORDINGS))}"


def read_recording(named: str) -> Recorded:
    """Return the recorded arrivals in a file, or those of a recording that comes with Faultline.

    Times are seconds or ISO 8601. Raises `UsageError` with what is wrong and what is valid.
    """
    if named in RECORDINGS and not Path(named).exists():
        rows = RECORDINGS[named]()
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    else:
        rows = _rows(Path(named))
        digest = hashlib.sha256(Path(named).read_bytes()).hexdigest()
    return recorded(Path(named).name, digest, rows)


def recorded(name: str, sha256: str, rows: Sequence[Row]) -> Recorded:
    """Return rows of (seconds, kind, amount bucket) as arrivals; `UsageError` where they are none."""
    if not rows:
        raise UsageError(f"{OPTION}: {name} has no rows", hint="at least one arrival is needed")
    times_s, kinds, buckets = (list(column) for column in zip(*rows, strict=True))
    if (place := first_disorder(times_s)) is not None:
        raise UsageError(
            f"{OPTION}: {name}: times are not in order: row {place + 1} comes before row {place}",
            hint="sort the file by its column time",
        )
    _require_known(name, "kind", kinds, sorted(discover()))
    _require_known(name, "amount bucket", buckets, ["", *BUCKETS])
    offsets_us = tuple(round((time_s - times_s[0]) * 1e6) for time_s in times_s)
    gaps = max(1, len(rows) - 1)
    length_us = max(1_000_000, math.ceil(offsets_us[-1] * (gaps + 1) / gaps) + 1)
    return Recorded(name, sha256, offsets_us, tuple(kinds), tuple(buckets), length_us)


def _require_known(name: str, what: str, given: Sequence[str], valid: Sequence[str]) -> None:
    for place, value in enumerate(given, start=1):
        if value not in valid:
            told = ", ".join(each or "(empty: any)" for each in valid)
            raise UsageError(f"{OPTION}: {name}: row {place}: unknown {what} {value!r}", hint=f"valid: {told}")


def _rows(path: Path) -> list[Row]:
    """Return a file's rows, times in seconds."""
    if not path.is_file():
        raise UsageError(f"{OPTION}: there is no file {path}", hint=f"give {_FORM}")
    reader = {".csv": "read_csv(?, header = true, all_varchar = true, delim = ',')", ".parquet": "read_parquet(?)"}
    if (how := reader.get(path.suffix.lower())) is None:
        raise UsageError(f"{OPTION}: {path} is neither .csv nor .parquet", hint=f"give {_FORM}")
    try:
        with duckdb.connect(":memory:") as db:
            present = [str(row[0]) for row in db.execute(f"DESCRIBE SELECT * FROM {how}", [str(path)]).fetchall()]
            if missing := [name for name in COLUMNS if name not in present]:
                raise UsageError(
                    f"{OPTION}: {path} lacks the column {', '.join(missing)}", hint=f"valid: {', '.join(COLUMNS)}"
                )
            told = ", ".join(f"CAST({name} AS VARCHAR)" for name in COLUMNS)
            found = db.execute(f"SELECT {told} FROM {how} LIMIT {ROWS_MAX + 1}", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise UsageError(
            f"{OPTION}: {path} cannot be read: {str(error).splitlines()[0]}", hint=f"give {_FORM}"
        ) from error
    if len(found) > ROWS_MAX:
        raise UsageError(f"{OPTION}: {path} has more than {ROWS_MAX:,} rows", hint="split it, or take a part of it")
    return [(_seconds(path, place, row[0]), row[1] or "", row[2] or "") for place, row in enumerate(found, start=1)]


def _seconds(path: Path, place: int, text: str | None) -> float:
    """Return a time as seconds: a number, or a date and time."""
    found = math.nan
    try:
        found = float(text or "")
    except ValueError:
        try:
            found = datetime.fromisoformat((text or "").strip()).timestamp()
        except ValueError:
            found = math.nan
    if not math.isfinite(found):
        raise UsageError(
            f"{OPTION}: {path}: row {place}: {text!r} is no time",
            hint="valid: seconds such as 12.5, or 2026-11-27T06:00:00.250",
        )
    return found
