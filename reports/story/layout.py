"""Puts facts in order and into lines: the same facts become one line, silence becomes a gap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reports.story.facts import API, CLIENT, LEDGER, MERCHANT, Bar, Fact, Row, Span

_TITLES = {CLIENT: "Client", API: "API", LEDGER: "Ledger", MERCHANT: "Webhook"}
_SAME_US = 250_000
_GAP_US = 250_000
_HEAD, _TAIL = 55, 20
_STEPS_MAX = 4

Window = tuple[int, int]
"""From and to, in microseconds since the epoch."""


@dataclass(frozen=True)
class Context:
    """Something about the whole run that belongs between the lines: `subject` does `what` at `at_us`."""

    at_us: int
    subject: str
    what: str


def lanes(facts: Iterable[Fact]) -> tuple[tuple[str, str], ...]:
    """Return the lanes as (key, title): client, API, the gateways that took part, ledger, merchant."""
    named = {party for fact in facts for party in (fact.lane, fact.to) if party}
    gateways = sorted(named - set(_TITLES), key=lambda name: (name != "stripe", name))
    return tuple((key, _TITLES.get(key, key)) for key in (CLIENT, API, *gateways, LEDGER, MERCHANT))


def ordered(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts by time, those of one kind close together drawn into one."""
    found: list[tuple[Fact, int, int]] = []
    for fact in sorted(facts, key=lambda item: (item.at_us, item.rank)):
        if found and _same(found[-1][0], fact) and fact.at_us - found[-1][2] <= _SAME_US:
            first, number, _ = found[-1]
            found[-1] = (first, number + 1, fact.at_us)
        else:
            found.append((fact, 1, fact.at_us))
    return [_many(fact, number, last_us) for fact, number, last_us in found]


def _same(one: Fact, other: Fact) -> bool:
    return replace(one, at_us=0, words="") == replace(other, at_us=0, words="")


def _many(fact: Fact, number: int, last_us: int) -> Fact:
    if number == 1:
        return fact
    words = f"{fact.words.rstrip('.')}; {number} such within {lasting(last_us - fact.at_us)}."
    return replace(fact, label=f"{number} × {fact.label}", words=words)


def rows(
    facts: Sequence[Fact], columns: Sequence[str], context: Sequence[Context], faults: Sequence[Window], t0_us: int
) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    """Return the lines of the drawing, and for each line when it was (microseconds since the epoch).

    `columns` are the lanes' keys in order; `faults` the windows in which a fault was on.
    """
    lines: list[Row] = []
    times: list[int] = []
    for number, fact in enumerate(facts, start=1):
        if times:
            pause = _pause(times[-1], fact.at_us, context, t0_us)
            lines += pause
            times += [fact.at_us - 1] * len(pause)
        in_fault = any(begin_us <= fact.at_us <= end_us for begin_us, end_us in faults)
        lines.append(_line(fact, number, columns, facts[0].at_us, t0_us, in_fault=in_fault))
        times.append(fact.at_us)
    return _shortened(lines, times)


def _pause(from_us: int, to_us: int, context: Sequence[Context], t0_us: int) -> list[Row]:
    """Return one line for the time between two facts, where it is long or something happened to the whole run."""
    between = sorted((item for item in context if from_us < item.at_us <= to_us), key=lambda item: item.at_us)
    told: dict[str, list[str]] = {}
    for item in between:
        told.setdefault(item.subject, []).append(f"{item.what} at {(item.at_us - t0_us) / 1e6:.1f} s")
    words = " · ".join(f"{subject}: {_few(steps)}" for subject, steps in told.items())
    passing = f"{lasting(to_us - from_us)} pass" if to_us - from_us > _GAP_US else ""
    if words:
        return [Row("context", " · ".join(part for part in (passing, words) if part))]
    return [Row("gap", passing)] if passing else []


def _few(steps: list[str]) -> str:
    """A breaker that flaps would drown the payment; its first and last move say what happened."""
    shown = steps if len(steps) <= _STEPS_MAX else [steps[0], f"{len(steps) - 2} moves", steps[-1]]
    return ", ".join(shown)


def _line(fact: Fact, number: int, columns: Sequence[str], start_us: int, t0_us: int, *, in_fault: bool) -> Row:
    column = columns.index(fact.lane) + 1
    return Row(
        "fact",
        fact.words,
        fact.label,
        number,
        since=since(fact.at_us - start_us),
        run_time=f"{(fact.at_us - t0_us) / 1e6:.3f} s",
        column=column,
        to_column=columns.index(fact.to) + 1 if fact.to else column,
        tone=fact.tone,
        lost=fact.lost,
        in_fault=in_fault,
    )


def _shortened(lines: list[Row], times: list[int]) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    left = len(lines) - _HEAD - _TAIL
    if left <= 1:
        return tuple(lines), tuple(times)
    cut = Row("gap", f"{left} more lines of this story are left out")
    return (*lines[:_HEAD], cut, *lines[-_TAIL:]), (*times[:_HEAD], times[_HEAD], *times[-_TAIL:])


def bars(spans: Iterable[Span], columns: Sequence[str], times: Sequence[int]) -> tuple[Bar, ...]:
    """Return the spans as bars over the lines that they cover."""
    found = []
    for span in spans:
        until_us = times[-1] if span.to_us is None and times else span.to_us
        covered = [at_us for at_us in times if span.from_us <= at_us <= (until_us or 0)]
        if covered and span.lane in columns:
            # Of several lines of one instant, the last is the one that begins or ends the state.
            first, last = (len(times) - times[::-1].index(at_us) for at_us in (covered[0], covered[-1]))
            found.append(Bar(columns.index(span.lane) + 1, span.state, span.tone, first, last))
    return tuple(found)


def lasting(us: int) -> str:
    """Return a length of time as people say it: `12 ms`, `1.48 s`, `2 min 5 s`."""
    if us < 1_000_000:
        return f"{us / 1000:.3g} ms"
    if us < 120_000_000:
        return f"{us / 1e6:.3g} s"
    return f"{us // 60_000_000} min {us % 60_000_000 // 1_000_000} s"


def since(us: int) -> str:
    """Return time since the story began, with the precision that tells its facts apart."""
    return f"+{us / 1000:.1f} ms" if us < 1_000_000 else f"+{us / 1e6:.3f} s"
