"""What a search for capacity came to: the values that renderers draw and `capacity.json` stores. Pure.

Rates are arrivals per second: one arrival is one shopkeeper's errand and may send several requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.capacity.aftermath import Aftermath
from harness.capacity.binding import Binding
from harness.capacity.scaling import Scaling
from harness.core.verdicts import Verdict

SCHEMA_VERSION = 1


class Kind(StrEnum):
    """What sort of answer there is.

    A limit with an interval; at least so much, for no more may be offered; none, for no rate keeps the SLO; not known.
    """

    LIMIT = "limit"
    AT_LEAST = "at least"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """How much can be carried: `lo_per_s` to `hi_per_s` with `confidence`; None where there is no such figure.

    `clause` is the part of the SLO that is broken first.
    """

    kind: Kind
    estimate_per_s: float | None = None
    lo_per_s: float | None = None
    hi_per_s: float | None = None
    confidence: float = 0.0
    clause: str = ""


@dataclass(frozen=True)
class RateRow:
    """One probe: what was offered, what came of it, and what it took. Times in milliseconds, rates per second.

    `good_per_s` counts operations that kept every clause. `p99_lo_ms` to `p99_hi_ms` is the interval of `p99_ms`.
    `little` is rate x latency, which must be about `in_flight`. `loads` has the averages of what was sampled meanwhile:
    `cpu:<process>` in cores, `machine:*`, `database:*`. `refusals` counts answers that ask to come again later.
    """

    purpose: str
    word: str
    why: str
    rate_per_s: float
    seconds: float
    begun_s: float
    operations: int
    offered_per_s: float
    achieved_per_s: float
    good_per_s: float
    p50_ms: float
    p99_ms: float
    p99_lo_ms: float
    p99_hi_ms: float
    error_share: float
    in_flight: float
    little: float
    loads: Mapping[str, float] = field(default_factory=dict)
    refusals: int = 0
    breakers: int = 0


@dataclass(frozen=True)
class CaseResult:
    """One search: with nothing broken, or under a fault, or with fewer replicas.

    `ratio` is the limit as a share of the healthy one. `violated` names invariants that were broken by anything that
    was sent, `judged` is the verdict on its money, `doubts` why not all of it could be judged.
    """

    name: str
    title: str
    answer: Answer
    judged: Verdict
    rows: tuple[RateRow, ...]
    binding: Binding
    load_s: float
    reasons: tuple[str, ...] = ()
    violated: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    aftermath: Aftermath | None = None
    ratio: float | None = None
    replicas: int | None = None
    must_be_none: bool = False
    run: str = ""


@dataclass(frozen=True)
class CapacityReport:
    """Everything that one `faultline capacity` found. `cases[0]` is with nothing broken.

    `peak_per_s` is what must be carried, where it was stated; `ceiling_per_s` is the most that the load generator
    was allowed to offer; `wall_s` how long all of it took.
    """

    name: str
    started_at: str
    target: str
    workload: str
    slo: str
    seed: int
    verdict: Verdict
    reasons: tuple[str, ...]
    cases: tuple[CaseResult, ...]
    ceiling_per_s: float
    wall_s: float
    repeat: str
    made_by: str
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scaling: Scaling | None = None
    peak_per_s: float | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def healthy(self) -> CaseResult:
        """The search with nothing broken."""
        return self.cases[0]

    @property
    def headroom(self) -> float | None:
        """How much more than the peak can surely be carried, as a share of the peak; None without a peak or a limit."""
        least = self.healthy.answer.lo_per_s
        return least / self.peak_per_s - 1 if self.peak_per_s and least is not None else None
