"""What the endpoints of every gateway need at hand: its settings and its books."""

from system.gateways.common.books import Books
from system.gateways.common.exchange import Batch
from system.gateways.common.records import Put
from system.gateways.common.rows import Row
from system.gateways.common.settings import SimulatorSettings


class BookDesk:
    """The books, table by table. Each gateway's own desk adds its words for what is not there."""

    def __init__(self, settings: SimulatorSettings, books: Books) -> None:
        self.settings = settings
        self._books = books

    @property
    def books(self) -> Books:
        """The gateway's books."""
        return self._books

    def look(self, table: str, row_id: str) -> Row | None:
        """Return a row, None where there is none."""
        return self._books.state.tables[table].get(row_id)

    def put(self, batch: Batch, table: str, value: Row) -> Row:
        """Store a row's new value."""
        batch.add(Put(table, value["id"], value))
        return value
