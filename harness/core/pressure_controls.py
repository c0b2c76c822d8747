"""The database under pressure: its connections taken, its disk full, its commits cancelled. Targets implement it."""

from typing import Protocol

from harness.core.fault import Undo


class Pressure(Protocol):
    """What a crowd of other clients and a full disk do to the primary. Nothing here goes through a link."""

    def hold_connections(self) -> int:
        """Take connections until the server refuses more, keep them, and return how many; more that become free too.

        `ControlError` where the server never refuses.
        """

    def undo_hold(self) -> Undo:
        """Return the step that ends whoever holds them."""

    def connection_refused(self) -> bool:
        """Try to connect to the primary as an ordinary client would; true where it has no connection left."""

    def drop_platform_connections(self) -> int:
        """End the platform's own connections on the server; return how many there were."""

    def cancel_commits(self, *, terminate: bool) -> int:
        """Cancel every commit of the platform that waits for the standby (or end its connection); return how many."""

    def hold_rows(self, hold_ms: int) -> int:
        """Lock what the platform needs to finish the payments in work, for `hold_ms`; return how many there were."""

    def fill_disk(self, node: str) -> int:
        """Fill a node's small disk with a ballast file, have the server go on to its next log file; return the bytes.

        `ControlError` where the node has no disk of its own (the setting `database_wal_mb`).
        """

    def undo_fill(self, node: str) -> Undo:
        """Return the step that removes the ballast."""

    def disk_errors(self, node: str) -> int:
        """Return how often a node's server has told so far that its disk is full."""
