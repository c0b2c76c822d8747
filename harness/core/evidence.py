"""A finished run's folder, read through DuckDB. Judges see this and nothing else, so stored runs can be rejudged."""

import json
import re
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from harness.core.errors import HarnessError, UsageError
from harness.core.quoting import quoted
from harness.core.tables import TABLES

REPLAY_MARKS = "replay_marks"
"""Evidence within the history: repeated answers are marked as such."""
BEFORE = ("stripe", "paypal")
"""The gateways of runs in which nobody told what gateways there were."""
KEPT_BYTES = 2_000_000
"""Tables up to this size on disk are read into memory at once; larger ones (long runs) stay where they are."""
SMALL_BYTES = 8_000_000
"""Runs up to this size on disk are judged by one thread: handing work to a second one costs more than it saves."""
VERSIONS = "versions"
"""Evidence within the history: answers tell the payment's version."""
BUSY_ANSWERS = "busy_answers"
"""Evidence within the history: whoever uses a key that is in use is told "not now"."""
SECOND_MERCHANT = "second_merchant"
"""Evidence within the history: there is more than one merchant, so a key can be used by two."""
_IN_HISTORY = (REPLAY_MARKS, VERSIONS, BUSY_ANSWERS, SECOND_MERCHANT)


@dataclass(frozen=True)
class Event:
    """One line of `events.jsonl`: something that happened during the run, at `at_us` microseconds since the epoch."""

    at_us: int
    kind: str
    detail: Mapping[str, Any]


class LackingColumn(Exception):
    """A question about a column that is written today and that this run's folder lacks: an older version made it."""


_COLUMN = re.compile(r'column (?:named |with name )?"([^"]+)"', re.IGNORECASE)
"""How DuckDB says which column it does not find, whatever the alias of its table."""


def table_files(folder: Path) -> list[Path]:
    """Return the files of a run's folder that hold its tables, each named as its table."""
    return sorted([*folder.glob("*.parquet"), *folder.glob("books/*.parquet")])


class Evidence:
    """Read-only SQL over one run's folder.

    Every `*.parquet` of the folder is a view named after its file; `books/*.parquet` likewise (`payments`,
    `gateway_charges`, ...). `docs/evidence.md` lists the columns.
    """

    def __init__(self, folder: Path, *, memory_limit: str = "1200MB") -> None:
        """Open the folder. Raises `UsageError` where it is not a run's folder."""
        if not (folder / "plan.json").is_file():
            raise UsageError(
                f"{folder} is not a run's folder: plan.json is missing",
                hint="give a folder that `faultline run` made, such as runs/20260101-120000-calm-1",
            )
        self.folder = folder
        spill = Path(tempfile.gettempdir()) / f"faultline-judge-{uuid.uuid4().hex}"
        self._sweep = weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
        threads = 1 if sum(path.stat().st_size for path in table_files(folder)) <= SMALL_BYTES else 2
        self._db = duckdb.connect(
            ":memory:", config={"memory_limit": memory_limit, "threads": threads, "temp_directory": str(spill)}
        )
        self._db.execute("SET preserve_insertion_order = false")
        self._derived: dict[str, set[str]] = {}
        self.tables: frozenset[str] = frozenset()
        self.tables = frozenset(self._create_views())

    def _create_views(self) -> list[str]:
        files = table_files(self.folder)
        states = ["states"] if (self.folder / "books" / "states.json").is_file() else []
        for path in files:
            try:
                # A view opens its file for every query; what is small is read once.
                kind = "TABLE" if path.stat().st_size <= KEPT_BYTES else "VIEW"
                self._db.execute(f"CREATE {kind} {path.stem} AS SELECT * FROM read_parquet({quoted(path)})")
            except duckdb.Error as error:
                raise UsageError(
                    f"{path} is damaged: {error}", hint="run the scenario again; a damaged run cannot be judged"
                ) from error
        return [path.stem for path in files] + states + [*_IN_HISTORY]

    def _ask(self, sql: str, parameters: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Run a query.

        Raises `LackingColumn` where it asks for a column that its tables have today and lack in this folder, and
        `HarnessError` for one that nobody writes: then the query is wrong, and not the run.
        """
        try:
            return self._db.execute(sql, list(parameters))
        except duckdb.BinderException as error:
            told = str(error).splitlines()[0].removeprefix("Binder Error: ")
            if (found := _COLUMN.search(told)) is None:
                raise
            if lacking := [name for name in sorted(self._read_by(sql)) if found[1] in self._lacks(name)]:
                raise LackingColumn(f"{lacking[0]} has no column {found[1]}") from error
            raise HarnessError(
                f"the judge asks for a column that nobody writes: {told}", hint="please report this as a bug"
            ) from error

    def _read_by(self, sql: str) -> set[str]:
        """Return the folder's tables that a query reads, by itself or through what was derived from them."""
        words = set(re.findall(r"\w+", sql))
        return {
            *(words & self.tables & TABLES.keys()),
            *(table for name in words & self._derived.keys() for table in self._derived[name]),
        }

    def _lacks(self, table: str) -> frozenset[str]:
        """Return the columns that a table has today and lacks in this folder."""
        return TABLES[table] - {str(row[0]) for row in self._db.execute(f"DESCRIBE {table}").fetchall()}

    def derive(self, name: str, sql: str) -> str:
        """Keep the result of a query as the table `name` (made once, however often it is asked for); return the name.

        Invariants that need the same intermediate result share it this way instead of computing it again.
        """
        if name not in self._derived:
            self._ask(f"CREATE TEMP TABLE {name} AS {sql}")
            self._derived[name] = self._read_by(sql)
        return name

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries by column name."""
        cursor = self._ask(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def stream(self, sql: str, *, batch: int = 10_000) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query without holding all of them. Nothing else may be asked until the last was read."""
        cursor = self._ask(sql)
        while found := cursor.fetchmany(batch):
            yield from found

    def scalar(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Return the single value of a query that yields one row of one column (None where it yields no row)."""
        row = self._ask(sql, parameters).fetchone()
        return row[0] if row else None

    def count(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Return the single number of a query, 0 where it yields nothing."""
        return int(self.scalar(sql, parameters) or 0)

    def has(self, *tables: str) -> bool:
        """Tell whether the run gives all of this evidence.

        That is tables of the folder that the target was able to fill, `states` (`books/states.json`), and what the
        history itself may tell: `replay_marks`, `versions`, `busy_answers`, `second_merchant`.
        """
        return self.tables.issuperset(tables) and not self.not_given.intersection(tables)

    @cached_property
    def not_given(self) -> frozenset[str]:
        """What the target said beforehand that it does not give. Such tables exist, are empty, and mean nothing."""
        return frozenset(str(name) for name in self.plan.get("not_given", ()))

    @cached_property
    def gateways(self) -> tuple[str, ...]:
        """The gateways of this run, which tell themselves what they take."""
        found = self.rows("SELECT DISTINCT gateway FROM gateway_currencies") if self.has("gateway_currencies") else []
        return tuple(sorted(str(row["gateway"]) for row in found)) or BEFORE

    def replicas(self, group: str, *, before: int) -> int:
        """Return how many replicas of a service the run's platform had; `before` for runs that did not store it."""
        return [str(name) for name in self.plan.get("services", {}).values()].count(group) or before

    @property
    def from_outside(self) -> bool:
        """Tell whether the system under test is not ours: it does not tell of its own attempts at a gateway."""
        return "attempt_transitions" in self.not_given

    @cached_property
    def plan(self) -> Mapping[str, Any]:
        """The run's plan: scenario, seed, bug, load, faults, settings, `t0_us` (the first arrival's time)."""
        return self._json("plan.json")

    @cached_property
    def states(self) -> Mapping[str, Any]:
        """The allowed status edges that the system under test publishes (`books/states.json`)."""
        return self._json("books/states.json")

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Everything in `events.jsonl`, oldest first."""
        path = self.folder / "events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        try:
            records = [json.loads(line) for line in lines if line.strip()]
            found = [Event(item.pop("at_us"), item.pop("kind"), item) for item in records]
        except (ValueError, KeyError, AttributeError) as error:
            raise UsageError(
                f"{path} is damaged: {error}", hint="run the scenario again; a damaged run cannot be judged"
            ) from error
        return tuple(sorted(found, key=lambda event: event.at_us))

    def events_of(self, *kinds: str) -> tuple[Event, ...]:
        """Return the events of these kinds, oldest first."""
        return tuple(event for event in self.events if event.kind in kinds)

    @property
    def t0_us(self) -> int:
        """When the first arrival was due, in microseconds since the epoch."""
        return int(self.plan["t0_us"])

    def setting(self, name: str, default: float) -> float:
        """Return a number from the plan's settings by its name in any group (`PAY_BREAKER_OPEN_S`), else `default`."""
        wanted = _plain(name)
        for group in self.plan.get("settings", {}).values():
            for key, value in group.items():
                number = re.match(r"\s*(\d+(?:\.\d+)?)", str(value))
                if _plain(key) == wanted and number:
                    return float(number[1])
        return default

    @property
    def load_end_us(self) -> int:
        """When the last arrival was due at the latest, in microseconds since the epoch."""
        return self.t0_us + int(float(self.plan["load"]["duration_s"]) * 1e6)

    def fault_windows(self) -> list[tuple[str, str, int, int]]:
        """Return (fault, place, from_us, to_us) for every fault that was really injected and healed, oldest first."""
        healed = {event.detail["fault_id"]: event.at_us for event in self.events_of("fault_healed")}
        return [
            (event.detail["fault"], event.detail["place"], event.at_us, healed[event.detail["fault_id"]])
            for event in self.events_of("fault_injected")
            if event.detail["fault_id"] in healed
        ]

    @property
    def first_fault_us(self) -> int:
        """When the first fault began; the end of the load where there was none."""
        return min((begin for _, _, begin, _ in self.fault_windows()), default=self.load_end_us)

    @property
    def last_heal_us(self) -> int:
        """When the last fault was healed, a failed one taken back; the first arrival's time where there was none."""
        ends = [end for _, _, _, end in self.fault_windows()]
        return max([*ends, *(event.at_us for event in self.events_of("fault_failed"))], default=self.t0_us)

    def quiet_spans(self) -> list[tuple[int, int]]:
        """Return (from_us, to_us) of every stretch after a heal in which no fault was on, until the load's end."""
        windows = [(begin, end) for _, _, begin, end in self.fault_windows()]
        heals = sorted({end for _, end in windows if not any(begin < end < other for begin, other in windows)})
        spans = [(heal, min([self.load_end_us, *(begin for begin, _ in windows if begin >= heal)])) for heal in heals]
        return [(begin, end) for begin, end in spans if end > begin]

    def _json(self, name: str) -> Mapping[str, Any]:
        path = self.folder / name
        try:
            loaded = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} cannot be read: {error}", hint="run the scenario again") from error
        if not isinstance(loaded, dict):
            raise UsageError(f"{path} does not hold an object", hint="run the scenario again")
        return loaded

    def close(self) -> None:
        """Close the in-memory database and remove what it spilled to disk."""
        self._db.close()
        self._sweep()

    def __enter__(self) -> "Evidence":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _plain(name: str) -> str:
    """Return a setting's name without its prefix and case: `PAY_BREAKER_OPEN_S` and `breaker_open_s` are one."""
    return name.lower().removeprefix("pay_")
