"""A cluster of three nodes that writes down what was done to it, and answers as it is told to."""

from collections.abc import Sequence

from harness.core.database_controls import Commit, LogSources, NodeState, Written
from harness.core.fault import Undo

PRIMARY = NodeState(up=True, role="primary", timeline=3, accepts_writes=True, wal_bytes=5000, synchronous=2)
STANDBY = NodeState(up=True, role="standby", timeline=3, wal_bytes=4000)


class FakeDatabase:
    """`answers` are what the next writes are answered, the last one for ever."""

    def __init__(self, *answers: Written) -> None:
        self.done: list[tuple[object, ...]] = []
        self.ports: dict[str, int] = {}
        self.states = {"pg-a": PRIMARY, "pg-b": STANDBY, "pg-c": STANDBY}
        self._answers = [*answers] or [Written("accepted")]

    def nodes(self) -> Sequence[str]:
        return tuple(self.states)

    def look(self, node: str) -> NodeState:
        return self.states[node]

    def log_sources(self) -> LogSources:
        return LogSources(self.ports, "secret")

    def commits(self, after_bytes: int) -> Sequence[Commit]:
        return [Commit(700, after_bytes + 100, self.timeline())]

    def primary(self) -> str:
        return next(node for node, state in self.states.items() if state.accepts_writes)

    def standbys(self) -> Sequence[str]:
        return [node for node, state in self.states.items() if state.role == "standby"]

    def timeline(self) -> int:
        return self.look(self.primary()).timeline

    def write(self, node: str) -> Written:
        self.done.append(("write", node))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def kill_server(self, node: str) -> int:
        return self._note("kill_server", node)

    def kill_node(self, node: str) -> int:
        return self._note("kill_node", node)

    def freeze_server(self, node: str) -> int:
        return self._note("freeze_server", node)

    def freeze_node(self, node: str) -> int:
        return self._note("freeze_node", node)

    def freeze_replay(self, node: str) -> int:
        return self._note("freeze_replay", node)

    def undo_freeze_replay(self, node: str) -> Undo:
        return Undo("thaw_process", {"name": node})

    def switchover(self) -> None:
        self.done.append(("switchover",))

    def partition(self, node: str) -> None:
        self._note("partition", node)

    def links_of(self, node: str) -> Sequence[str]:
        return [f"standby-x-to-{node.replace('pg', 'db')}"]

    def undo_kill(self, node: str) -> Undo:
        return Undo("revive_node", {"node": node})

    def undo_freeze(self, node: str) -> Undo:
        return Undo("thaw_node", {"node": node})

    def undo_partition(self, node: str) -> Sequence[Undo]:
        return [Undo("restore_link", {"link": link}) for link in self.links_of(node)]

    def _note(self, what: str, node: str) -> int:
        self.done.append((what, node))
        return 4711
