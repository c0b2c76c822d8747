"""What a capacity report says in words: the same in every form."""

from harness.capacity.aftermath import Aftermath
from harness.capacity.report import Answer, CapacityReport, CaseResult, Kind
from harness.capacity.scaling import Scaling
from harness.core.verdicts import Verdict
from harness.statistics import Interval


def rate(value: float | None) -> str:
    """Return a rate as people read it."""
    if value is None:
        return "–"
    return f"{value:,.0f}/s" if value >= 20 else f"{value:.1f}/s"


def answer(told: Answer) -> str:
    """Return the number with its interval."""
    if told.kind is Kind.LIMIT:
        return f"{rate(told.estimate_per_s)} ({rate(told.lo_per_s)} to {rate(told.hi_per_s)})"
    if told.kind is Kind.AT_LEAST:
        return f"at least {rate(told.lo_per_s)}"
    return "none" if told.kind is Kind.NONE else "not known"


def sentence(report: CapacityReport) -> str:
    """Return the whole report in one sentence."""
    told = report.healthy.answer
    if told.kind is Kind.LIMIT:
        return (
            f"With nothing broken this system carries about {rate(told.estimate_per_s)} within its promises "
            f"({report.slo}); with {told.confidence:.0%} confidence between {rate(told.lo_per_s)} and "
            f"{rate(told.hi_per_s)}."
        )
    if told.kind is Kind.AT_LEAST:
        carried = f"This system carries at least {rate(told.lo_per_s)} within its promises ({report.slo})"
        return f"{carried}; no more was offered."
    if told.kind is Kind.NONE:
        return f"This system keeps its promises ({report.slo}) at no rate that was tried."
    return "How much this system carries is not known: see why below."


def stops(case: CaseResult) -> str:
    """Return what stops it."""
    return case.binding.resource or "not known"


def first_broken(case: CaseResult) -> str:
    """Return which promise goes first."""
    return f"{case.answer.clause} goes first" if case.answer.clause else ""


def money(case: CaseResult) -> str:
    """Return what is said of the money of everything that was sent."""
    if case.violated:
        return f"wrong: {', '.join(case.violated)}"
    return "right" if case.judged is Verdict.PASS else "not all judged"


def ratio(case: CaseResult) -> str:
    """Return the limit beside the healthy one."""
    return "" if case.ratio is None else f"{case.ratio:.0%}"


def headroom(report: CapacityReport) -> str:
    """Return how much is left above the stated peak; empty where none was stated."""
    if report.peak_per_s is None:
        return ""
    share = report.headroom
    if share is None:
        return f"peak {rate(report.peak_per_s)}: not known whether it is carried"
    if share >= 0:
        return f"peak {rate(report.peak_per_s)}: carried, with {share:.0%} to spare"
    return f"peak {rate(report.peak_per_s)}: not surely carried, {-share:.0%} are lacking"


def aftermath(told: Aftermath) -> str:
    """Return how the way back went."""
    same = (
        f"at {rate(told.rate_per_s)} waiting is p50 {told.up_p50_ms:.0f} ms, p99 {told.up_p99_ms:.0f} ms on the way "
        f"up, p50 {told.down_p50_ms:.0f} ms, p99 {told.down_p99_ms:.0f} ms on the way down"
    )
    if told.recovered_s is None:
        return f"not as before within {told.waited_s:.0f} s after {rate(told.beyond_per_s)} (metastable); {same}"
    return f"as before {told.recovered_s:.0f} s after {rate(told.beyond_per_s)}; {same}"


def scaling(told: Scaling) -> str:
    """Return what the fitted law says."""
    if told.gain is None or told.contention is None or told.coherence is None:
        return f"no law of scaling: {told.refused}"
    one, pairs = share(told.contention), share(told.coherence)
    parts = f"{one} of the work is done one at a time, {pairs} grows with each pair of replicas"
    peak = f"; most is carried with about {told.peak_replicas:.1f} replicas" if told.peak_replicas else ""
    return f"{parts}; {told.refused}" if told.refused else f"{parts}{peak}"


def share(told: Interval) -> str:
    """Return a share with its interval."""
    return f"{told.estimate:.1%} ({told.lo:.1%} to {told.hi:.1%})"
