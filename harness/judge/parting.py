"""Parts a run's folder, so that each payment lies in one part with everything that has to do with it.

Two records belong together when they name the same thing (a payment, a reference, a key, an attempt, an event, ...),
and so do all that are linked through others: the connected components of records and ids. A part has whole components,
so whatever can be said about a payment can be said from its part alone. Records that name nothing of this kind
(samples of the log, breakers, readings of feeds) are in every part.

The labels are found by DuckDB: every id takes the least label of those that it shares a record with, again and again,
until nothing changes. Components are small (a payment and its family), so that takes a few rounds.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from harness.core.errors import HarnessError
from harness.core.evidence import table_files
from harness.core.quoting import quoted

NAMED_BY = {
    "arrival": "arrival",
    "attempt_id": "attempt",
    "charge_id": "charge",
    "event_id": "event",
    "gateway_key": "gateway key",
    "got_payment_id": "payment",
    "got_refund_id": "refund",
    "idempotency_key": "key",
    "journal_id": "journal",
    "operation_id": "operation",
    "payment_id": "payment",
    "posting_id": "posting",
    "reference": "reference",
    "refund_id": "refund",
    "told_reference": "reference",
}
"""The columns that name something, and what: equal ids of one kind are one thing, whichever table they stand in."""

MAX_ROUNDS = 64
"""A component whose records lie further apart than this is no family of a payment; the parting gives up, loudly."""

ALSO_NAMED_BY = {"ledger_seen": ("split_part(cause, ':', 2)", "attempt")}
"""Tables that name something within a longer text."""

SMALL = "100MB"
"""What the parting keeps of its memory while a part is judged."""

_EVERYWHERE = -1
"""The part of the records that are in every one."""


def part_run(folder: Path, parts: int, scratch: Path, *, memory_limit: str = "600MB") -> Iterator[Path]:
    """Write a run's folder in `parts` folders below `scratch` and yield each; it is removed before the next one comes.

    Everything that is not a table is the same in all of them. Raises `HarnessError` where it cannot be parted.
    """
    database = duckdb.connect(
        str(scratch / "parting.duckdb"),
        config={"memory_limit": memory_limit, "threads": 2, "temp_directory": str(scratch / "spill")},
    )
    try:
        database.execute("SET preserve_insertion_order = false")
        tables = {path: _ids(database, path) for path in table_files(folder)}
        _label(database, {path: ids for path, ids in tables.items() if ids})
        for path, ids in tables.items():
            if ids:
                _place(database, path, ids, parts)
        database.execute(f"SET memory_limit = '{SMALL}'")
        for number in range(parts):
            part = _papers(folder, scratch / f"part-{number}")
            for path, ids in tables.items():
                target = part / path.relative_to(folder)
                if ids:
                    _write(database, path, number, target)
                else:
                    target.symlink_to(path.resolve())
            yield part
            shutil.rmtree(part)
    except duckdb.Error as error:
        told = str(error).splitlines()[0]
        raise HarnessError(
            f"the run cannot be parted: {told}",
            hint=f"make room in {scratch.parent}, or judge it whole, without --parts",
        ) from error
    finally:
        database.close()


def _ids(database: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Return the expressions of a table's ids, each one number or null; none for a table that names nothing."""
    columns = [str(row[0]) for row in database.execute(f"DESCRIBE FROM {_from(path)}").fetchall()]
    named = [(column, NAMED_BY[column]) for column in columns if column in NAMED_BY]
    named += [ALSO_NAMED_BY[path.stem]] if path.stem in ALSO_NAMED_BY else []
    return [
        f"CASE WHEN CAST({value} AS VARCHAR) <> '' THEN hash('{what}', CAST({value} AS VARCHAR)) END"
        for value, what in named
    ]


def _label(database: duckdb.DuckDBPyConnection, tables: dict[Path, list[str]]) -> None:
    """Make the table `labels` (id, label): ids of one component have one label."""
    rows = " UNION ALL ".join(
        f"SELECT list_filter([{', '.join(ids)}], lambda x: x IS NOT NULL) AS ids FROM {_from(path)}"
        for path, ids in tables.items()
    )
    database.execute(
        f"""
        CREATE TABLE pairs AS SELECT DISTINCT ids[1] AS one, unnest(ids) AS other
        FROM ({rows or "SELECT []::UBIGINT[] AS ids"}) WHERE len(ids) > 0
        """
    )
    database.execute("CREATE TABLE labels AS SELECT DISTINCT other AS id, other AS label FROM pairs")
    for _ in range(MAX_ROUNDS):
        database.execute(
            """
            CREATE TABLE lower AS
            WITH near AS (
                SELECT p.one AS id, l.label FROM pairs p JOIN labels l ON l.id = p.other
                UNION ALL SELECT p.other, l.label FROM pairs p JOIN labels l ON l.id = p.one
            ), least_of AS (SELECT id, min(label) AS label FROM near GROUP BY id)
            SELECT n.id, least(n.label, m.label) AS label FROM least_of n JOIN least_of m ON m.id = n.label
            """
        )
        changed = database.execute(
            "SELECT count(*) FROM lower JOIN labels USING (id) WHERE lower.label <> labels.label"
        ).fetchone()
        database.execute("DROP TABLE labels")
        database.execute("ALTER TABLE lower RENAME TO labels")
        if changed == (0,):
            database.execute("DROP TABLE pairs")
            return
    raise HarnessError(
        f"the run cannot be parted: after {MAX_ROUNDS} rounds its records still hang together in new ways",
        hint="judge it whole, without --parts",
    )


def _place(database: duckdb.DuckDBPyConnection, path: Path, ids: list[str], parts: int) -> None:
    """Keep a table with the part of each record beside it."""
    database.execute(
        f"""
        CREATE TABLE {_name(path)} AS
        SELECT t.*, coalesce(CAST(l.label % {parts} AS INTEGER), {_EVERYWHERE}) AS part_number
        FROM (SELECT *, coalesce({", ".join(ids)}) AS named FROM {_from(path)}) t LEFT JOIN labels l ON l.id = t.named
        """
    )


def _write(database: duckdb.DuckDBPyConnection, path: Path, number: int, target: Path) -> None:
    database.execute(
        f"""
        COPY (SELECT * EXCLUDE (named, part_number) FROM {_name(path)} WHERE part_number IN ({number}, {_EVERYWHERE}))
        TO {quoted(target)} (FORMAT parquet, COMPRESSION lz4_raw)
        """
    )


def _papers(folder: Path, part: Path) -> Path:
    """Make a part's folder with everything of the run's that is not a table, by links."""
    (part / "books").mkdir(parents=True)
    for path in [*folder.iterdir(), *(folder / "books").glob("*")]:
        if path.suffix != ".parquet" and path.name != "books":
            (part / path.relative_to(folder)).symlink_to(path.resolve())
    return part


def _name(path: Path) -> str:
    return f"placed_{path.stem}"


def _from(path: Path) -> str:
    return f"read_parquet({quoted(path)})"
