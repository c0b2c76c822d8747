"""What a run came to: the value that renderers draw and `verdict.json` stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.core.crashes import Crash
from harness.core.effect import Effect
from harness.core.judgement import Finding, ObjectiveResult
from harness.core.recovery import DataLoss, Failover, SingleCopy
from harness.core.verdicts import Verdict


@dataclass(frozen=True)
class FaultResult:
    """A fault, where and when it really was on (seconds from the first arrival), and what it hit.

    `missed` names what it was meant to do and did not (crash points that nobody reached). `not_known` is why nobody
    knows its hits, which are 0 then; empty where they were counted. `why_nothing` is why nothing may have come by where
    it was, where it hit nothing.
    """

    name: str
    place: str
    place_kind: str
    from_s: float
    to_s: float
    hits: int
    settings: Mapping[str, float | int | str] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    not_known: str = ""
    why_nothing: str = ""


@dataclass(frozen=True)
class LostWorker:
    """A load worker that left no account of itself: it died, or its host did.

    `planned` and `never_made` count arrivals (None where it did not live to say what it planned); `in_doubt` counts
    requests that it had sent and wrote no answer for: each is UNKNOWN. `how` says what is known of its end. `complete`
    is False where its last lines may be missing: what they tell of was sent, and nobody knows of it.
    """

    worker: str
    host: str
    how: str
    planned: int | None
    never_made: int | None
    in_doubt: int
    complete: bool


@dataclass(frozen=True)
class Burstiness:
    """How bursty the load was: indexes of dispersion of counts in windows of `window_s` (1: independent; more: bursts).

    `recorded` is that of a recording before any of it was left out or added, in the time in which it was played (None:
    nothing was recorded), `planned` that of the arrivals as they were due, `arrived` of those whose first request was
    really sent, `requests` of all requests, retries and races among them. None where there was too little.
    """

    window_s: float
    recorded: float | None
    planned: float | None
    arrived: float | None
    requests: float | None


@dataclass(frozen=True)
class LoadResult:
    """What the load generator did.

    `planned` and `dropped` count arrivals; `ok`, `failed` and `unknown` count client operations by their last outcome
    (one arrival may make several, and one operation several attempts). `lost` has the workers that died. `learnt`: of
    the unknown ones, how many of whose end a later read told; None where nobody counted that.

    `burstiness` is of what was really sent; `recording` names the recorded arrivals that were replayed ('' for none).

    On a system that is not ours: `looks` counts the clients' reads of payments whose fate they did not know,
    `unreadable` the answers that its adapter failed of, and `asked` what the harness itself asked it for, how often.
    """

    planned: int
    ok: int
    failed: int
    unknown: int
    dropped: int
    lag_p99_ms: float
    rate_per_s: float
    duration_s: float
    workers: int
    cpu_share_max: float
    lost: tuple[LostWorker, ...] = ()
    learnt: int | None = None
    looks: int = 0
    unreadable: int = 0
    asked: Mapping[str, int] = field(default_factory=dict)
    burstiness: Burstiness | None = None
    recording: str = ""


@dataclass(frozen=True)
class Report:
    """The whole result of one run. Renderers draw it; none of them decides anything.

    `bug` is the planted bug's id or None; `reasons` says in sentences why the verdict is what it is; `settings` is
    what was in force (durability, versions, link proxy, timeouts); `repeat` is the command that shows it again.
    `recovery` has every loss of the database's primary with its phases; `data_loss` the account of what that cost in
    payments and money, None where no primary was lost and nothing is missing. `crashes` is the table of crash points.
    `single_copy` is what was acknowledged with one copy, None on a database whose writes wait for a standby.
    `effect` is what the fault did beside the same plan without it, None where no control was run.
    """

    schema_version: int
    run_id: str
    scenario: str
    title: str
    claim: str
    target: str
    seed: int
    bug: str | None
    bug_reached: int | None
    verdict: Verdict
    reasons: tuple[str, ...]
    invariants: tuple[Finding, ...]
    objectives: tuple[ObjectiveResult, ...]
    faults: tuple[FaultResult, ...]
    load: LoadResult
    settings: Mapping[str, Mapping[str, str]]
    started_at: str
    judged_at: str
    judged_by: str
    repeat: str
    data_loss: DataLoss | None = None
    recovery: tuple[Failover, ...] = ()
    crashes: tuple[Crash, ...] = ()
    single_copy: SingleCopy | None = None
    effect: Effect | None = None

    @property
    def not_judged(self) -> tuple[str, ...]:
        """What the scenario demands and was not judged, for lack of evidence: ids of invariants, names of promises."""
        invariants = (item.id for item in self.invariants if item.required and not item.judged)
        return (*invariants, *(item.name for item in self.objectives if not item.judged))
