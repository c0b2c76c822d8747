"""The database cluster as something that can be broken. Faults see this; targets implement it.

A node is one member of the cluster: a PostgreSQL server and the Patroni process that looks after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from harness.core.fault import Undo

NODES = ("a", "b", "c")
"""The database's nodes by their letters, here and nowhere else: servers `pg-a`, links to `db-a`. A platform with two
servers leaves out the last one's."""

Role = Literal["primary", "standby", "none"]
Answer = Literal["accepted", "refused", "unanswered"]
Hearing = Literal["up", "refused", "silent"]


@dataclass(frozen=True)
class NodeState:
    """What a node says of itself, asked straight and not through any link.

    `wal_bytes` is the position in the log up to which a primary has written and a standby has replayed;
    `synchronous` counts the standbys that stream from it and are waited for at each commit.
    """

    up: bool = False
    role: Role = "none"
    timeline: int = 0
    accepts_writes: bool = False
    wal_bytes: int = 0
    synchronous: int = 0


@dataclass(frozen=True)
class Written:
    """What a node answered to one small write straight to it: `unanswered` is a commit that waits for its standby."""

    answer: Answer
    said: str = ""


@dataclass(frozen=True)
class LogPosition:
    """How much of the log a node has on its own disk, as it says itself.

    `state` is `refused` where nobody listens, so that nothing can arrive there either, and `silent` where nobody knows.
    `flush_bytes` counts from the log's beginning, along the history that `timeline` ends; a standby that was started a
    moment ago may have more than it says. `started_us` is when its server started (microseconds since the epoch).
    """

    state: Hearing = "silent"
    role: Role = "none"
    timeline: int = 0
    flush_bytes: int = 0
    started_us: int = 0


@dataclass(frozen=True)
class LogSources:
    """Where each node is asked how much of the log it has, by whoever reads: ports on 127.0.0.1 by the node's name."""

    ports: Mapping[str, int] = field(default_factory=dict)
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Commit:
    """A transaction's commit record: whoever has the log of `timeline` up to `commit_bytes` on disk has all of it."""

    xid: int
    commit_bytes: int
    timeline: int


class Database(Protocol):
    """The cluster's nodes, each breakable alone. Every change is verified (`ControlError` where it did not happen)."""

    def nodes(self) -> Sequence[str]:
        """Return the names of the nodes, such as `pg-a`."""

    def look(self, node: str) -> NodeState:
        """Return what a node says now; one that does not answer within a second is not up. Never raises."""

    def log_sources(self) -> LogSources:
        """Return where the nodes are asked how much of the log they have on disk, by a process of its own."""

    def commits(self, after_bytes: int) -> Sequence[Commit]:
        """Return every commit in the log after a position, along the primary's history. `ControlError` without it."""

    def primary(self) -> str:
        """Return the node that accepts writes (of several, the one on the latest timeline); `ControlError` for none."""

    def standbys(self) -> Sequence[str]:
        """Return the nodes that follow, in the order of their names; `ControlError` for none."""

    def timeline(self) -> int:
        """Return the primary's timeline, which each promotion increases."""

    def write(self, node: str) -> Written:
        """Try one small write straight to a node, as a client would, and leave no trace in any table."""

    def kill_server(self, node: str) -> int:
        """SIGKILL the PostgreSQL server with all its processes; Patroni lives on. Return its pid."""

    def kill_node(self, node: str) -> int:
        """SIGKILL Patroni and the server: nobody is left to say that it is gone. Return the server's pid."""

    def freeze_server(self, node: str) -> int:
        """SIGSTOP the server with all its processes; Patroni lives on. Return the server's pid."""

    def freeze_node(self, node: str) -> int:
        """SIGSTOP Patroni and the server, as a machine that stands still. Return the server's pid."""

    def freeze_replay(self, node: str) -> int:
        """SIGSTOP the one process of a standby that replays the log; it still receives and keeps it. Return the pid."""

    def switchover(self) -> None:
        """Ask for a planned change of roles and return at once; `ControlError` where that is refused."""

    def partition(self, node: str) -> None:
        """Cut every link of a node while it lives."""

    def links_of(self, node: str) -> Sequence[str]:
        """Return every link through which a node speaks with clients, the other nodes or whoever votes."""

    def undo_kill(self, node: str) -> Undo:
        """Return the step that brings Patroni back, which brings the server back."""

    def undo_freeze(self, node: str) -> Undo:
        """Return the step that lets Patroni and the server run on."""

    def undo_freeze_replay(self, node: str) -> Undo:
        """Return the step that lets a standby's replay run on."""

    def undo_partition(self, node: str) -> Sequence[Undo]:
        """Return the steps that bring its links back."""
