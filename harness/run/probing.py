"""The prober of a real platform: steers its open-loop load, and reads what becomes of it."""

import importlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from harness.capacity.probing import SLICE_S, Slice
from harness.capacity.slo import Slo
from harness.core.errors import HarnessError
from harness.objectives.certificate import LAG_P99_MS_MAX
from harness.objectives.starvation import PULSE_S, Sampled, figures, sampled_beats
from harness.run.events import EventLog, now_us
from harness.run.following import Followed, Follower

STARVED_SHARE = 0.3
"""A probe is refused when so much of it was without processors for the platform."""
BEHIND_SHARE = 0.9
"""The same when fewer arrivals than this share of what was offered were sent."""
LATEST_S = 0.3
"""So long after an answer the history has it."""
ENOUGH = 20


class LiveProber:
    """Offers rates to a platform through a steered load (`loadtests.steering`).

    `alive` tells whether the load is still there; `samples` are the metrics so far, as `Sampler` keeps them.
    """

    def __init__(
        self, raw: Path, slo: Slo, events: EventLog, samples: Sequence[Sampled], alive: Callable[[], bool]
    ) -> None:
        self._raw = raw
        self._slo = slo
        self._events = events
        self._samples = samples
        self._alive = alive
        self._tell = importlib.import_module("loadtests.steering").tell_rate
        self._follower = Follower(raw)
        self._rate = self._load_s = 0.0
        self._begun_us = now_us()
        self.spans: list[tuple[float, int, int]] = []
        """Each rate that was offered so far, and from when to when (microseconds since the epoch)."""
        self._patience_s = max((item.limit_ms or 0.0) / 1000 for item in slo.clauses) + LATEST_S

    @property
    def load_s(self) -> float:
        """For how long anything was offered so far, in seconds."""
        return self._load_s + (self._since_s if self._rate else 0.0)

    @property
    def window_us(self) -> tuple[int, int]:
        """From when to now the present rate is offered, in microseconds since the epoch."""
        return self._begun_us, now_us()

    @property
    def _since_s(self) -> float:
        return (now_us() - self._begun_us) / 1e6

    def offer(self, rate_per_s: float) -> None:
        """Have arrivals come at this rate from now on."""
        self._close()
        self._tell(self._raw, rate_per_s)
        self._rate, self._begun_us = rate_per_s, now_us()
        self._events.add("rate_offered", rate_per_s=round(rate_per_s, 3), at_us=self._begun_us)

    def over(self) -> None:
        """Say that no more comes."""
        self._close()
        self._rate = 0.0
        self._tell(self._raw, 0.0, over=True)

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises `HarnessError` where the load is gone meanwhile."""
        until = time.monotonic() + seconds
        while (left_s := until - time.monotonic()) > 0:
            if not self._alive():
                raise HarnessError("the load generator ended while a rate was being probed", hint="see its log")
            time.sleep(min(0.1, left_s))
        self._follower.look()

    def slices(self) -> Sequence[Slice]:
        """Return the slices of the present probe that are old enough for all latency clauses."""
        seen_us = now_us()
        whole = int((self._since_s - self._patience_s) / SLICE_S)
        width_us = int(SLICE_S * 1e6)
        slots: list[list[Followed]] = [[] for _ in range(max(0, whole))]
        for item in self._follower.since(self._begun_us, self._begun_us + max(0, whole) * width_us):
            slots[(item.due_us - self._begun_us) // width_us].append(item)
        return [self._slice(number * SLICE_S, items, seen_us) for number, items in enumerate(slots)]

    def in_flight(self) -> int:
        """Return how many requests have no answer yet."""
        self._follower.look()
        return self._follower.in_flight

    def doubts(self) -> Sequence[str]:
        """Return why the present probe means nothing: a generator that was late or fell behind, a starved machine."""
        return [*self._late(), *self._starved()]

    def _close(self) -> None:
        self._load_s = self.load_s
        if self._rate:
            self.spans.append((self._rate, *self.window_us))

    def _slice(self, from_s: float, items: Sequence[Followed], at_us: int) -> Slice:
        waits = [item.wait_ms(at_us) for item in items]
        seen: dict[str, tuple[int, int]] = {}
        for clause in self._slo.clauses:
            if clause.limit_ms is None:
                known = [failed for item in items if (failed := item.failed(at_us)) is not None]
                seen[clause.name] = (len(known), sum(known))
            else:
                seen[clause.name] = (len(waits), sum(wait > clause.limit_ms for wait in waits))
        end_us = self._begun_us + int((from_s + SLICE_S) * 1e6)
        open_then = sum(item.due_us + item.wait_ms(at_us) * 1000 > end_us for item in items)
        return Slice(from_s, len(items), seen, open_then, waits)

    def _late(self) -> list[str]:
        items = self._follower.since(*self.window_us)
        if len(items) < ENOUGH:
            return []
        found = []
        lag_ms = float(np.quantile([(item.sent_us - item.due_us) / 1000 for item in items], 0.99))
        if lag_ms > LAG_P99_MS_MAX:
            found.append(f"the load generator was late: p99 lag {lag_ms:.0f} ms, at most {LAG_P99_MS_MAX:g} ms allowed")
        last_s = (max(item.due_us for item in items) - self._begun_us) / 1e6
        silent_s = self._since_s - last_s - LATEST_S
        if silent_s > max(1.0, 10 / self._rate) and math.exp(-silent_s * self._rate * BEHIND_SHARE) < 1e-6:
            found.append(f"the load generator fell behind: nothing was sent in the last {silent_s:.1f} s")
        return found

    def _starved(self) -> list[str]:
        from_us, to_us = self.window_us
        beats = [beat for beat in sampled_beats(self._samples) if from_us <= beat.at_us <= to_us]
        starved = [beat for beat in beats if beat.starved]
        if not beats or len(starved) < STARVED_SHARE * len(beats) or len(starved) < 2:
            return []
        return [f"the machine was starved of processors for {len(starved) * PULSE_S:.0f} s of it: {figures(starved)}"]
