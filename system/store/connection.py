"""One connection to PostgreSQL, and what a COMMIT that was not replicated looks like."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg

Row = tuple[Any, ...]
Value = str | int | float | bool | bytes | list[str] | None
Parameters = Sequence[Value] | Mapping[str, Value]
"""In their order, or by name."""


class CommitIndeterminate(Exception):
    """The transaction is committed here but nobody knows whether the standby has it."""


def puts_commit_in_doubt(warning: str) -> bool:
    """Whether a server's warning tells that it committed without waiting for its standby any longer."""
    return "wait for synchronous replication" in warning


class Connection(psycopg.AsyncConnection[Row]):
    """A connection in autocommit mode that remembers warnings about replication.

    Under synchronous replication a cancelled wait commits locally, warns, and returns as if nothing had happened.
    """

    indeterminate: bool = False
    generation: int = 0
    """Of the pool that lent it. Another generation may be on another primary, which need not know what was read."""
    _doubtful: Callable[[str], bool] = staticmethod(puts_commit_in_doubt)

    def watch(self, doubtful: Callable[[str], bool] = puts_commit_in_doubt) -> None:
        """Start remembering the warnings that are ``doubtful``."""
        self._doubtful = doubtful
        self.add_notice_handler(self._on_notice)

    def _on_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        if self._doubtful(notice.message_primary or ""):
            self.indeterminate = True

    async def fetch(self, query: str, parameters: Parameters = ()) -> Row:
        """Run one statement that answers with one row; raises CommitIndeterminate, psycopg.Error."""
        self.indeterminate = False
        cursor = await self.execute(query, parameters, prepare=True)
        row = await cursor.fetchone()
        self.require_certain()
        assert row is not None
        return row

    def require_certain(self) -> None:
        """Raise CommitIndeterminate where a COMMIT since the last call may not be on the standby."""
        if self.indeterminate:
            self.indeterminate = False
            raise CommitIndeterminate

    def cut(self) -> None:
        """Cut the socket, so that whoever waits for an answer learns that none will come.

        Cancelling the waiting task instead would ask the server to cancel, which is how a COMMIT gets into doubt.
        """
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self.pgconn.socket)) as copy:
            copy.shutdown(socket.SHUT_RDWR)
