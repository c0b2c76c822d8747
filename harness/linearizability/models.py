"""Models of common objects: a register, one with compare-and-set, and a map of them (split by key before checking)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.linearizability.checker import Call

UNKNOWN_VALUE = object()
"""What a read without an answer saw: anything."""


@dataclass(frozen=True, slots=True)
class Access:
    """One access to a register. `value`: what a read saw, or what a write or a compare-and-set leaves.

    `expected` and `done` are of a compare-and-set: what it compared with, and whether it said to have set (None: no
    answer).
    """

    kind: Literal["read", "write", "cas"]
    value: object = UNKNOWN_VALUE
    expected: object = None
    done: bool | None = None


def read(value: object = UNKNOWN_VALUE) -> Access:
    """Return a read that saw `value`."""
    return Access("read", value)


def write(value: object) -> Access:
    """Return a write of `value`."""
    return Access("write", value)


def compare_and_set(expected: object, value: object, done: bool | None = None) -> Access:
    """Return a compare-and-set from `expected` to `value` that said whether it was `done` (None: it said nothing)."""
    return Access("cas", value, expected, done)


class Register:
    """One value that is read, written, and compared and set."""

    def __init__(self, initial: Hashable = None) -> None:
        self._initial = initial

    def init(self) -> Hashable:
        """Return the initial value."""
        return self._initial

    def step(self, state: Hashable, what: Access) -> Iterable[Hashable]:
        """Return the value after an access: none where the access could not have been answered so."""
        if what.kind == "read":
            return (state,) if what.value in (UNKNOWN_VALUE, state) else ()
        if what.kind == "write":
            return (_hashable(what.value),)
        matches = state == what.expected
        if what.done is not None and what.done is not matches:
            return ()
        return (_hashable(what.value),) if matches else (state,)


def by_key(history: Iterable[tuple[Hashable, Call[Access]]]) -> Mapping[Hashable, list[Call[Access]]]:
    """Split a key-value history into one for each key. It is linearizable exactly when each of them is.

    Herlihy and Wing, Linearizability: a correctness condition for concurrent objects, 1990: linearizability is local.
    """
    found: dict[Hashable, list[Call[Access]]] = defaultdict(list)
    for key, call in history:
        found[key].append(call)
    return dict(found)


def _hashable(value: object) -> Hashable:
    hash(value)
    return value
