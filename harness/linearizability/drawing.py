"""A search's result as people read it: the longest order that was found, and where it could not go on."""

from collections.abc import Callable

from harness.linearizability.checker import Call, Search, WhatT

WIDTH = 40
"""Columns of the picture of time."""


def draw(search: Search[WhatT], tell: Callable[[WhatT], str] = str, *, unit: float = 1.0) -> str:
    """Return one line for each call: its place in the order (`!` where none fits), its span in time, and what it was.

    `unit` is how much of the history's clock makes one unit of what is printed, 1000000 for seconds of microseconds.
    """
    shown = [
        *((str(place), call) for place, call in enumerate(search.order, 1)),
        *(("!", call) for call in search.stuck),
    ]
    if not shown:
        return "nothing happened"
    calls = [call for _, call in shown]
    first = min(call.invoked for call in calls)
    last = max([call.invoked + 1 for call in calls] + [call.returned for call in calls if call.returned is not None])
    lines = [
        f"{place:>3}  |{_bar(call, first, last)}|  {(call.invoked - first) / unit:.3f} to {_end(call, first, unit)}  "
        f"{tell(call.what)}"
        for place, call in shown
    ]
    return "\n".join(lines)


def _bar(call: Call[WhatT], first: int, last: int) -> str:
    begin = round((call.invoked - first) / (last - first) * (WIDTH - 1))
    if call.returned is None:
        return (" " * begin + "?" * (WIDTH - begin))[:WIDTH]
    end = max(begin, round((call.returned - first) / (last - first) * (WIDTH - 1)))
    return " " * begin + "=" * (end - begin + 1) + " " * (WIDTH - end - 1)


def _end(call: Call[WhatT], first: int, unit: float) -> str:
    return "?" if call.returned is None else f"{(call.returned - first) / unit:.3f}"
