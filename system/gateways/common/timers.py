"""Things that happen by themselves some time later (a refund that fails). Kept in the books, so a kill loses none."""

import asyncio
from collections.abc import Callable

from system.gateways.common.books import Books
from system.gateways.common.clock import now_us
from system.gateways.common.records import Notice, Put, Record
from system.gateways.common.rows import Row

TABLE = "timer"
Action = Callable[[Row], list[Record]]
"""Given the timer's facts, returns what changes; a Notice among it is published."""


def due(timer_id: str, at_us: int, facts: Row) -> Put:
    """Return the record that makes something happen at ``at_us``."""
    return Put(TABLE, timer_id, {**facts, "id": timer_id, "at_us": at_us})


class Timers:
    """Runs due timers a few times a second."""

    def __init__(
        self,
        books: Books,
        act: Action,
        publish: Callable[[Notice], None],
        *,
        tick_s: float = 0.05,
        every_tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._books = books
        self._act = act
        self._publish = publish
        self._tick_s = tick_s
        self._every_tick = every_tick

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self.fire(now_us())
            self._every_tick()
            await asyncio.sleep(self._tick_s)

    def fire(self, at_us: int) -> int:
        """Run what is due at ``at_us``; return how many ran."""
        table = self._books.state.tables[TABLE]
        ready = [row for row in table.live() if row["at_us"] <= at_us]
        for row in ready:
            records = [*self._act(row), Put(TABLE, row["id"], None)]
            self._books.commit(records)
            for record in records:
                if isinstance(record, Notice):
                    self._publish(record)
        return len(ready)
