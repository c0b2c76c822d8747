"""The resolver's decision as a table, in virtual time."""

import pytest

from system.decisions.resolving import (
    ABANDON,
    CANCEL,
    LOOKUP,
    RESEND,
    SEND,
    WAIT,
    Facts,
    Limits,
    Step,
    concluded,
    decide,
    read_miss,
)
from system.states import AttemptState, Evidence

LIMITS = Limits(resend_within_s=3600.0, manual_after_s=86_400.0)
NOT_EXECUTED = concluded(AttemptState.NOT_EXECUTED, Evidence.UNDISPATCHED)
UNKNOWN = concluded(AttemptState.UNKNOWN, Evidence.OWNER_GONE)
MANUAL = concluded(AttemptState.MANUAL, Evidence.RESOLVE_LIMIT)


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        (Facts(AttemptState.PREPARED), NOT_EXECUTED),
        (Facts(AttemptState.PREPARED, reversal=True), SEND),
        (Facts(AttemptState.DISPATCHED), UNKNOWN),
        (Facts(AttemptState.DISPATCHED, reversal=True), UNKNOWN),
        (Facts(AttemptState.UNKNOWN), RESEND),
        (Facts(AttemptState.UNKNOWN, age_s=2.0, checks=1), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=3.0, checks=2, misses=1), RESEND),
        (Facts(AttemptState.UNKNOWN, age_s=4.0, checks=3, misses=1), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=3599.9, checks=4000), RESEND),
        (Facts(AttemptState.UNKNOWN, age_s=3600.0, checks=4000), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=86_399.0, checks=9000, misses=5000), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=86_400.0, checks=9000, misses=5000), MANUAL),
        (Facts(AttemptState.UNKNOWN, reversal=True, age_s=86_400.0), MANUAL),
        (Facts(AttemptState.UNKNOWN, age_s=1799.9, checks=401, misses=200, missing_s=1700.0), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=1800.0, checks=401, misses=200, missing_s=1700.0), CANCEL),
        (Facts(AttemptState.UNKNOWN, age_s=1800.0, checks=400, misses=200, missing_s=1700.0), RESEND),
        (Facts(AttemptState.UNKNOWN, age_s=1800.0, checks=401, misses=2, missing_s=1700.0), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=1800.0, checks=401, misses=200, missing_s=3.9), LOOKUP),
        (Facts(AttemptState.UNKNOWN, reversal=True, age_s=1800.0, checks=401, misses=200, missing_s=1700.0), LOOKUP),
        (Facts(AttemptState.UNKNOWN, age_s=3600.0, checks=401, misses=200, missing_s=1700.0), LOOKUP),
        (Facts(AttemptState.REQUIRES_ACTION, age_s=1e9, overdue_s=-0.1), LOOKUP),
        (Facts(AttemptState.REQUIRES_ACTION, age_s=1e9, overdue_s=0.0), ABANDON),
        (Facts(AttemptState.REQUIRES_ACTION, overdue_s=1.0, checks=1), LOOKUP),
        (Facts(AttemptState.REQUIRES_ACTION, overdue_s=86_399.0, checks=800), ABANDON),
        (Facts(AttemptState.REQUIRES_ACTION, overdue_s=86_400.0, checks=800), MANUAL),
        (Facts(AttemptState.SUCCEEDED, age_s=1e9), WAIT),
        (Facts(AttemptState.DECLINED, age_s=1e9), WAIT),
        (Facts(AttemptState.MANUAL, age_s=1e9), WAIT),
    ],
)
def test_each_situation_has_one_next_step(facts: Facts, step: Step) -> None:
    assert decide(facts, LIMITS) == step


@pytest.mark.parametrize("checks", range(40))
def test_an_unknown_never_becomes_a_failure_whatever_was_tried(checks: int) -> None:
    for age_s in (0.0, 10.0, 3600.0, 80_000.0, 1e9):
        step = decide(Facts(AttemptState.UNKNOWN, age_s=age_s, checks=checks, misses=checks), LIMITS)
        assert step.conclusion is None or step.conclusion.state is AttemptState.MANUAL


@pytest.mark.parametrize(("misses", "window_s"), [(1, 0.0), (3, 10.0), (100, 86_000.0)])
def test_lookups_that_find_nothing_prove_nothing(misses: int, window_s: float) -> None:
    assert read_miss(misses, window_s) is None
