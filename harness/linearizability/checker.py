"""The search for a linearization: Wing and Gong's, with Lowe's memory of configurations that have been tried.

J. M. Wing, C. Gong: Testing and verifying concurrent objects, 1993. G. Lowe: Testing for linearizability, 2017.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from harness.core.verdicts import Verdict

StateT = TypeVar("StateT", bound=Hashable)
WhatT = TypeVar("WhatT")
WhatIn = TypeVar("WhatIn", contravariant=True)

TIME_LIMIT_S = 10.0
CONFIGURATIONS_MAX = 2_000_000
"""About 300 MB of memory for histories of some dozens of calls."""
_LOOK_AT_CLOCK_EVERY = 1024


class Model(Protocol[StateT, WhatIn]):
    """An object as one client alone would find it. States are values: hashable, never changed in place."""

    def init(self) -> StateT:
        """Return the state before any call."""
        ...

    def step(self, state: StateT, what: WhatIn) -> Iterable[StateT]:
        """Return every state that this call, with the answer that it got, may lead to from `state`.

        None: the call could not have got that answer there. Several: the object is free to choose.
        """
        ...


@dataclass(frozen=True, slots=True)
class Call(Generic[WhatT]):
    """One call: `what` was asked and answered, when it was sent, and when its answer was there.

    `returned` is None where the outcome is unknown: the call may take effect at any time after `invoked`, or never.
    Both times are of one clock, in any unit. A call that certainly did nothing does not belong into a history.
    """

    what: WhatT
    invoked: int
    returned: int | None = None


@dataclass(frozen=True, slots=True)
class Search(Generic[WhatT]):
    """What the search came to.

    PASS: `order` is a linearization. FAIL: there is none; `order` is the longest that was found, and `stuck` are the
    calls one of which had to come next. INCONCLUSIVE: the time or the memory was not enough (`reason`).
    """

    verdict: Verdict
    order: tuple[Call[WhatT], ...]
    stuck: tuple[Call[WhatT], ...] = ()
    configurations: int = 0
    reason: str = ""


def check(
    model: Model[StateT, WhatT],
    history: Iterable[Call[WhatT]],
    *,
    time_limit_s: float = TIME_LIMIT_S,
    configurations_max: int = CONFIGURATIONS_MAX,
    clock: Callable[[], float] = time.monotonic,
) -> Search[WhatT]:
    """Search an order of the calls that the model allows, in which none comes before one that had been answered.

    Histories of independent objects are best checked one object at a time: the search may take time exponential in the
    number of calls that overlap. Two calls overlap as long as neither was answered before the other was sent.
    """
    calls = sorted(history, key=lambda call: call.invoked)
    if _in_turn(calls):
        return _one_by_one(model, calls)
    until = clock() + time_limit_s
    needed = sum(1 << place for place, call in enumerate(calls) if call.returned is not None)
    if not needed:
        return Search(Verdict.PASS, ())
    start = (0, model.init())
    seen = {start}
    path: list[int] = []
    best: tuple[int, ...] = ()
    trail = [_next(model, calls, *start)]
    while trail:
        found = next(trail[-1], None)
        if found is None:
            trail.pop()
            if path:
                path.pop()
            continue
        place, mask, state = found
        if (mask, state) in seen:
            continue
        seen.add((mask, state))
        path.append(place)
        if len(path) > len(best):
            best = tuple(path)
        if mask & needed == needed:
            return Search(Verdict.PASS, tuple(calls[each] for each in path), (), len(seen))
        if reason := _too_much(len(seen), configurations_max, until, clock):
            return Search(Verdict.INCONCLUSIVE, tuple(calls[each] for each in best), (), len(seen), reason)
        trail.append(_next(model, calls, mask, state))
    done = sum(1 << place for place in best)
    stuck = tuple(calls[place] for place in _candidates(calls, done) if calls[place].returned is not None)
    return Search(Verdict.FAIL, tuple(calls[place] for place in best), stuck, len(seen))


def _in_turn(calls: Sequence[Call[WhatT]]) -> bool:
    """Tell whether no two calls overlap, so that there is one order only."""
    ends = [call.returned for call in calls]
    begins = [call.invoked for call in calls[1:]]
    return None not in ends and all(end is not None and end < begin for end, begin in zip(ends, begins, strict=False))


def _one_by_one(model: Model[StateT, WhatT], calls: Sequence[Call[WhatT]]) -> Search[WhatT]:
    """Follow the only order there is, with all states that the model may be in."""
    states = {model.init()}
    for place, call in enumerate(calls):
        states = {after for state in states for after in model.step(state, call.what)}
        if not states:
            return Search(Verdict.FAIL, tuple(calls[:place]), (call,), place)
    return Search(Verdict.PASS, tuple(calls), (), len(calls))


def _next(
    model: Model[StateT, WhatT], calls: Sequence[Call[WhatT]], mask: int, state: StateT
) -> Iterator[tuple[int, int, StateT]]:
    """Yield each call that may come next, with what has happened then; unknown ones last: often none is needed."""
    for place in sorted(_candidates(calls, mask), key=lambda place: calls[place].returned is None):
        for after in model.step(state, calls[place].what):
            yield place, mask | 1 << place, after


def _candidates(calls: Sequence[Call[WhatT]], mask: int) -> list[int]:
    """Return the calls that nobody waited for: not in the order yet, and sent before any of the rest was answered."""
    waiting: list[int] = []
    earliest: int | None = None
    for place, call in enumerate(calls):
        if mask >> place & 1:
            continue
        if earliest is not None and call.invoked > earliest:
            break
        waiting.append(place)
        if call.returned is not None and (earliest is None or call.returned < earliest):
            earliest = call.returned
    return [place for place in waiting if earliest is None or calls[place].invoked <= earliest]


def _too_much(seen: int, configurations_max: int, until: float, clock: Callable[[], float]) -> str:
    if seen > configurations_max:
        return f"more than {configurations_max} configurations"
    if seen % _LOOK_AT_CLOCK_EVERY == 0 and clock() > until:
        return f"out of time after {seen} configurations"
    return ""
