"""Whether the machine had processors for the platform: a promise in time that a starved platform misses is nobody's.

Three things must come together, so that a platform that burns its processors itself is never excused:
work of a known size took much longer than it needs, the kernel says that somebody always waited for a processor, and
others than the platform and its harness used a good part of the machine, or the machine's host took it away.

Where work took too long and one of the other two is not known (a kernel that does not tell, a platform whose processors
nobody counts), nobody knows whether the machine was starved, and that is what is said: a promise in time that is kept
is kept all the same, and one that is missed is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.core.evidence import Evidence

SLOWED = 1.7
"""Work that takes so many times the processor time that it needs was put aside for others."""
PRESSED = 0.5
"""So much of the time somebody who wanted to run had to wait."""
FOREIGN = 0.25
"""So much of all processors was used by others, or taken by the host."""
STARVED_S = 2.0
STARVED_SHARE = 0.1
"""A run is starved when that much of its load time was, and no less than `STARVED_S` seconds."""
PULSE_S = 0.5
BURNING = frozenset({"container_starved"})
"""Faults that themselves leave something without a processor: moments under them excuse nothing."""


@dataclass(frozen=True)
class Beat:
    """One pulse and the machine at that moment. None: the kernel, or the target, does not tell."""

    at_us: int
    slowed: float
    pressure: float | None
    waited: float | None
    foreign: float | None

    @property
    def starved(self) -> bool | None:
        """Tell whether all three say so; None where those that are known do, and one is not known."""
        waiting = self.pressure if self.pressure is not None else self.waited
        said = (self.slowed >= SLOWED, _at_least(waiting, PRESSED), _at_least(self.foreign, FOREIGN))
        if False in said:
            return False
        return None if None in said else True


def _at_least(value: float | None, limit: float) -> bool | None:
    return None if value is None else value >= limit


def beats(evidence: Evidence) -> list[Beat]:
    """Return the pulses under load, oldest first; none where a run has no such samples."""
    if not evidence.has("metrics"):
        return []
    rows = evidence.rows(
        """
        SELECT at_us, metric, value FROM metrics WHERE process = 'machine' AND at_us BETWEEN ? AND ? ORDER BY at_us
        """,
        [evidence.t0_us, evidence.load_end_us],
    )
    by_moment: dict[int, dict[str, float]] = {}
    for row in rows:
        by_moment.setdefault(row["at_us"], {})[row["metric"]] = row["value"]
    cores = evidence.scalar("SELECT max(value) FROM metrics WHERE process = 'machine' AND metric = 'cores'") or 1.0
    own = _own_cores(evidence)
    return [_beat(at_us, told, own, cores) for at_us, told in by_moment.items() if told.get("pulse_cpu_ms")]


Sampled = tuple[int, str, str, float]
"""A metric while a run goes on: when (microseconds since the epoch), whose, which, its value."""


def sampled_beats(samples: Sequence[Sampled]) -> list[Beat]:
    """Return the same of a run that is still under way, from what has been sampled so far."""
    by_moment: dict[int, dict[str, float]] = {}
    shares: dict[int, dict[str, list[float]]] = {}
    for at_us, process, metric, value in tuple(samples):
        if process == "machine":
            by_moment.setdefault(at_us, {})[metric] = value
        elif metric == "cpu_share":
            shares.setdefault(at_us // 1_000_000, {}).setdefault(process, []).append(value)
    own = {second: sum(fmean(seen) for seen in each.values()) for second, each in shares.items()}
    cores = max((told["cores"] for told in by_moment.values() if "cores" in told), default=1.0)
    return [_beat(at_us, told, own, cores) for at_us, told in by_moment.items() if told.get("pulse_cpu_ms")]


def _own_cores(evidence: Evidence) -> Mapping[int, float]:
    """Return how many processors the platform and its load used, by whole seconds since the epoch."""
    rows = evidence.rows(
        """
        WITH each AS (
            SELECT at_us // 1000000 AS second, process, avg(value) AS cores FROM metrics
            WHERE metric = 'cpu_share' GROUP BY ALL
        )
        SELECT second, sum(cores) AS cores FROM each GROUP BY second
        """
    )
    return {row["second"]: row["cores"] for row in rows}


def _beat(at_us: int, told: Mapping[str, float], own: Mapping[int, float], cores: float) -> Beat:
    second = at_us // 1_000_000
    near = [own[moment] for moment in (second - 1, second, second + 1) if moment in own]
    foreign = None
    if near and "busy_cores" in told:
        others = told["busy_cores"] - max(near) - told.get("harness_cores", 0.0) - told["pulse_cpu_ms"] / 1e3 / PULSE_S
        foreign = max(0.0, others + told.get("steal_cores", 0.0)) / cores
    spent_ms = told.get("pulse_late_ms", 0.0) + told.get("pulse_work_ms", 0.0)
    waited = told["pulse_wait_ms"] / spent_ms if spent_ms and "pulse_wait_ms" in told else None
    return Beat(at_us, spent_ms / told["pulse_cpu_ms"], told.get("pressure_some_share"), waited, foreign)


@dataclass(frozen=True)
class Starvation:
    """For how much of its load a run was starved, and the figures in words.

    With `known` false that is how much it may have been: what was measured cannot tell.
    """

    seconds: float
    share: float
    figures: str
    known: bool = True

    @property
    def starved(self) -> bool:
        """Tell whether that is (or may be) too much for promises in time."""
        return self.seconds >= STARVED_S and self.share >= STARVED_SHARE


def starvation(evidence: Evidence) -> Starvation | None:
    """Return the account; None where nobody watched the machine."""
    seen = beats(evidence)
    if not seen:
        return None
    burning = [(begin, end) for name, _, begin, end in evidence.fault_windows() if name in BURNING]
    free = [beat for beat in seen if not any(begin <= beat.at_us <= end for begin, end in burning)]
    certain = [beat for beat in free if beat.starved]
    found = Starvation(len(certain) * PULSE_S, len(certain) / len(seen), figures(certain or seen))
    perhaps = [beat for beat in free if beat.starved is not False]
    if found.starved or len(perhaps) == len(certain):
        return found
    return Starvation(len(perhaps) * PULSE_S, len(perhaps) / len(seen), figures(perhaps), known=False)


def figures(seen: Sequence[Beat]) -> str:
    """Return what the pulses and the kernel say, on average, in words."""
    told = [f"known work took {fmean(beat.slowed for beat in seen):.1f} times its processor time"]
    if pressures := [beat.pressure for beat in seen if beat.pressure is not None]:
        told.append(f"somebody waited for a processor {fmean(pressures):.0%} of the time")
    elif waits := [beat.waited for beat in seen if beat.waited is not None]:
        told.append(f"it waited in the run queue {fmean(waits):.0%} of that (no pressure files here)")
    else:
        told.append("the kernel tells neither pressure nor run-queue delay here")
    if foreign := [beat.foreign for beat in seen if beat.foreign is not None]:
        told.append(f"others used {fmean(foreign):.0%} of all processors")
    else:
        told.append("nobody counts the platform's own processors here, so what others used is not known")
    return ", ".join(told)


def starvation_faults(evidence: Evidence) -> list[str]:
    """Return that the machine was starved, or that nobody knows, with figures; nothing where it was not."""
    found = starvation(evidence)
    if found is None or not found.starved:
        return []
    if not found.known:
        return [
            f"nobody knows whether the machine was starved of processors for {found.seconds:.0f} s of the load: "
            f"{found.figures}"
        ]
    return [f"the machine was starved of processors for {found.seconds:.0f} s of the load: {found.figures}"]


def proxy_faults(evidence: Evidence) -> list[str]:
    """Return when the link proxy itself answered nobody, as sentences: no call over any link could succeed then."""
    told = []
    for event in evidence.events_of("proxy_silent"):
        begin_us, end_us = max(event.at_us, evidence.t0_us), min(int(event.detail["until_us"]), evidence.load_end_us)
        from_s, to_s = ((moment_us - evidence.t0_us) / 1e6 for moment_us in (begin_us, end_us))
        if to_s > from_s:
            told.append(f"the link proxy answered nobody from {from_s:.0f} s to {to_s:.0f} s")
    return told
