"""Watches the database's nodes during a run, each asked straight: who is up, who may be written to, on which timeline.

What changes is written down as events; how far the standby is behind as a metric. A node that accepts writes although
another has taken over is asked to prove it.
"""

import threading
from collections.abc import Callable, Mapping

from harness.core.database_controls import Database, NodeState
from harness.run.events import EventLog, now_us

POLL_S = 0.1
_LAG_EVERY = 3
"""The lag is kept at each third look: enough to see a standby fall behind."""

Sample = Callable[[int, str, str, float], None]
"""Takes a metric: when (microseconds since the epoch), whose, which, and its value."""


class DatabaseWatch:
    """A thread for each node, so that one that hangs hides nothing of the others."""

    def __init__(self, database: Database, events: EventLog, sample: Sample) -> None:
        self._database = database
        self._events = events
        self._sample = sample
        self._states: dict[str, NodeState] = {}
        self._whole: bool | None = None
        self._noting = threading.Lock()
        self._halt = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(node,), name=f"watch-{node}", daemon=True)
            for node in database.nodes()
        ]

    def start(self) -> None:
        """Begin to watch; each node's first state is an event as well."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._halt.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _follow(self, node: str) -> None:
        looks = 0
        while not self._halt.wait(POLL_S):
            asked_us = now_us()
            state = self._database.look(node)
            # Whoever is silent was so when asked; whoever answers may have been asked long ago.
            at_us = now_us() if state.up else asked_us
            with self._noting:
                before = self._states.get(node)
                self._states[node] = state
                self._note(node, state, before, at_us)
                stale = is_stale(node, self._states)
            if stale:
                self._challenge(node, state)
            if looks % _LAG_EVERY == 0:
                self._note_lag(node, state, at_us)
            looks += 1

    def _note(self, node: str, state: NodeState, before: NodeState | None, at_us: int) -> None:
        told = _told(state)
        if before is None or told != _told(before):
            self._events.add("database_state", at_us=at_us, node=node, **told)
        whole = is_whole(self._states)
        if len(self._states) == len(self._threads) and whole != self._whole:
            self._whole = whole
            self._events.add("cluster_whole", at_us=at_us, whole=whole)

    def _challenge(self, node: str, state: NodeState) -> None:
        """Another node took over from it. Only a write shows whether the older one still acknowledges any."""
        written = self._database.write(node)
        self._events.add("stale_write", node=node, timeline=state.timeline, answer=written.answer, said=written.said)

    def _note_lag(self, node: str, state: NodeState, at_us: int) -> None:
        primary = max(self._states.values(), key=lambda other: (other.accepts_writes, other.timeline))
        if state.role == "standby" and primary.accepts_writes and primary.timeline == state.timeline:
            self._sample(at_us, node, "replication_lag_bytes", float(max(0, primary.wal_bytes - state.wal_bytes)))


def is_whole(states: Mapping[str, NodeState]) -> bool:
    """Tell whether one node accepts writes, and every other follows it and may confirm its commits."""
    primaries = [state for state in states.values() if state.accepts_writes]
    others = [state for state in states.values() if not state.accepts_writes]
    following = all(state.role == "standby" for state in others)
    return len(primaries) == 1 and primaries[0].synchronous == len(others) > 0 and following


def is_stale(node: str, states: Mapping[str, NodeState]) -> bool:
    """Tell whether a node accepts writes while another does so on a later timeline."""
    own = states[node]
    later = [state for state in states.values() if state.accepts_writes and state.timeline > own.timeline]
    return own.accepts_writes and bool(later)


def _told(state: NodeState) -> Mapping[str, object]:
    return {
        "up": state.up,
        "role": state.role,
        "timeline": state.timeline,
        "accepts_writes": state.accepts_writes,
        "synchronous": state.synchronous,
    }
