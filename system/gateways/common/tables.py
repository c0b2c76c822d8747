"""Gateway objects in order of creation, with an index over our own ids in their metadata."""

from collections.abc import Iterator, Mapping

from system.gateways.common.rows import Row

INDEXED = frozenset({"operation_id", "attempt_id", "custom_id"})
"""Metadata that callers look for; anything else is found by scanning."""


class Table:
    """Objects of one kind by id. Values are replaced as a whole, never changed in place."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._tagged: dict[tuple[str, str], list[str]] = {}

    def put(self, row_id: str, value: Row | None) -> None:
        """Store or replace; None removes."""
        if value is None:
            self._rows.pop(row_id, None)
            return
        if row_id not in self._place:
            self._place[row_id] = len(self._order)
            self._order.append(row_id)
        self._tag(row_id, self._rows.get(row_id), value)
        self._rows[row_id] = value

    def _tag(self, row_id: str, old: Row | None, new: Row) -> None:
        metadata: Mapping[str, str] = new.get("metadata") or {}
        known: Mapping[str, str] = (old or {}).get("metadata") or {}
        if metadata is known:
            return
        for name in INDEXED & metadata.keys():
            value = metadata[name]
            if known.get(name) != value:
                self._tagged.setdefault((name, value), []).append(row_id)

    def get(self, row_id: str) -> Row | None:
        """Return the object, None where there is none."""
        return self._rows.get(row_id)

    def tagged(self, name: str, value: str) -> list[Row]:
        """Return objects whose metadata ever held this pair of an indexed name, oldest first; some no longer do."""
        ids = dict.fromkeys(self._tagged.get((name, value), ()))
        return [self._rows[row_id] for row_id in ids if row_id in self._rows]

    def newest(self, *, before: str = "") -> Iterator[Row]:
        """Yield objects newest first, starting after the object ``before`` (all when '' or unknown)."""
        start = self._place.get(before, len(self._order))
        for place in range(start - 1, -1, -1):
            row = self._rows.get(self._order[place])
            if row is not None:
                yield row

    def live(self) -> list[Row]:
        """Return what has not been removed, oldest first; cheap for tables from which most is removed."""
        return list(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)
