"""From probes to a report's values: rows, answers, verdicts. Pure."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from harness.capacity.aftermath import percentile
from harness.capacity.probing import SLICE_S, Probe
from harness.capacity.report import Answer, CaseResult, Kind, RateRow
from harness.capacity.search import Found
from harness.capacity.slo import ERRORS, Slo
from harness.core.verdicts import Verdict
from harness.statistics import design_effect


def answer_of(found: Found, ceiling_per_s: float, *, interrupted: bool = False) -> Answer:
    """Return what a search says."""
    if found.estimate is not None:
        told = found.estimate.limit
        return Answer(Kind.LIMIT, told.estimate, told.lo, told.hi, told.confidence, found.estimate.clause)
    if not interrupted and math.isfinite(found.hi_per_s) and not found.lo_per_s:
        return Answer(Kind.NONE, 0.0, 0.0, found.hi_per_s, 0.99)
    if found.lo_per_s >= ceiling_per_s:
        return Answer(Kind.AT_LEAST, None, found.lo_per_s, None, 0.99)
    return Answer(Kind.UNKNOWN)


def row_of(probe: Probe, slo: Slo, loads: Mapping[str, float], *, refusals: int = 0, breakers: int = 0) -> RateRow:
    """Return one probe's line."""
    slices, seconds = probe.slices, max(SLICE_S, len(probe.slices) * SLICE_S)
    count = sum(item.arrivals for item in slices)
    waits = [wait for item in slices for wait in item.waits_ms]
    bad = max((probe.share(clause.name) or 0.0 for clause in slo.clauses), default=0.0)
    failed = probe.share(ERRORS) or 0.0
    lo, hi = _percentile_interval(probe)
    return RateRow(
        purpose=probe.purpose,
        word=probe.word.value,
        why=probe.why,
        rate_per_s=probe.rate_per_s,
        seconds=probe.seconds,
        begun_s=probe.begun_s,
        operations=count,
        offered_per_s=count / seconds,
        achieved_per_s=count * (1 - failed) / seconds,
        good_per_s=count * (1 - min(1.0, bad)) / seconds,
        p50_ms=percentile(slices, 0.5),
        p99_ms=percentile(slices, 0.99),
        p99_lo_ms=lo,
        p99_hi_ms=hi,
        error_share=failed,
        in_flight=fmean([item.in_flight for item in slices]) if slices else 0.0,
        little=count / seconds * (fmean(waits) / 1000 if waits else 0.0),
        loads=dict(loads),
        refusals=refusals,
        breakers=breakers,
    )


def _percentile_interval(probe: Probe) -> tuple[float, float]:
    """Return the interval of the 99th percentile of waits (95 %), by order statistics of what the waits are worth."""
    waits = np.sort([wait for item in probe.slices for wait in item.waits_ms])
    if not len(waits):
        return 0.0, 0.0
    worth = max(1.0, len(waits) / design_effect([item.wait_ms for item in probe.slices]))
    half = 1.96 * math.sqrt(0.99 * 0.01 / worth)
    lo, hi = np.quantile(waits, [max(0.0, 0.99 - half), min(1.0, 0.99 + half)])
    return float(lo), float(hi)


def verdict_of(cases: Sequence[CaseResult], *, interrupted: bool = False) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a whole report, and why it is not PASS.

    FAIL: money went wrong at some rate, or something was carried where nothing may be. INCONCLUSIVE: a limit is not
    known, or not all that was sent could be judged.
    """
    wrong = [f"{item.title}: {', '.join(item.violated)} violated" for item in cases if item.violated]
    wrong += [
        f"{item.title}: {item.answer.lo_per_s:g}/s were carried, and nothing may be"
        for item in cases
        if item.must_be_none and item.answer.kind in (Kind.LIMIT, Kind.AT_LEAST)
    ]
    if wrong:
        return Verdict.FAIL, tuple(wrong)
    open_ = ["it was interrupted"] if interrupted else []
    for item in cases:
        none_is_fine = item.must_be_none or item.name != cases[0].name
        if item.answer.kind is Kind.UNKNOWN or (item.answer.kind is Kind.NONE and not none_is_fine):
            open_.append(f"{item.title}: {'; '.join(item.reasons) or 'no limit was found'}")
        elif item.answer.kind is Kind.LIMIT:
            open_ += [f"{item.title}: {reason}" for reason in item.reasons]
        if item.judged is Verdict.INCONCLUSIVE:
            open_ += [f"{item.title}: {reason}" for reason in item.doubts]
    return (Verdict.INCONCLUSIVE if open_ else Verdict.PASS), tuple(open_)
