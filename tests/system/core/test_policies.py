"""The pure decisions: money, statuses, fallback, breaker window, fingerprints, ids."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system import states
from system.api.fingerprint import fingerprint
from system.clock import iso
from system.decisions.breaker_window import BreakerView, Window, probe_is_due
from system.decisions.policies import RetryPolicy, attempt_state, combine, may_fall_back
from system.gateway import Advice, GatewayReply, Knowledge, Phase
from system.ids import new_id
from system.money import exponent_of, format_amount, parse_amount
from tests.system.core.fakes import DECLINED, REFUSED, RESET, TIMEOUT


def test_every_amount_up_to_a_hundred_is_read_exactly() -> None:
    cents = range(1, 10_001)
    assert [parse_amount(f"{cent // 100}.{cent % 100:02d}", 2) for cent in cents] == list(cents)


@given(st.integers(0, 10**14), st.sampled_from([0, 2, 3]))
def test_what_is_written_is_read_back(amount_minor: int, exponent: int) -> None:
    assert parse_amount(format_amount(amount_minor, exponent), exponent) == amount_minor


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "-1", "1.", ".5", "01", "1e2", "1,5", "1.001", "0x1", "NaN", "١", "1_0", "1\n"]
)
def test_odd_decimals_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        parse_amount(text, 2)


def test_currencies_know_their_decimals() -> None:
    assert [exponent_of(code) for code in ("JPY", "EUR", "KWD")] == [0, 2, 3]
    with pytest.raises(ValueError, match="ISO 4217"):
        exponent_of("eur")


def reply(knowledge: Knowledge, advice: Advice, phase: Phase, *, not_executed: bool = False) -> GatewayReply:
    return GatewayReply(knowledge, advice, phase, not_executed=not_executed)


FALLBACK_TABLE = [
    (reply(Knowledge.DEFINITE_YES, Advice.NONE, Phase.ANSWERED), "succeeded", False),
    (reply(Knowledge.DEFINITE_YES, Advice.FALLBACK_OK, Phase.ANSWERED), "succeeded", False),
    (reply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED), "declined", False),
    (reply(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.ANSWERED), "declined", True),
    (reply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.REFUSED), "not_executed", True),
    (reply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.CONNECT_TIMEOUT), "not_executed", True),
    (reply(Knowledge.DEFINITE_NO, Advice.RETRY_SAME_KEY, Phase.ANSWERED, not_executed=True), "not_executed", True),
    *(
        (reply(Knowledge.UNKNOWN, advice, phase, not_executed=lie), "unknown", False)
        for advice in Advice
        for phase in Phase
        for lie in (False, True)
    ),
]


@pytest.mark.parametrize(("answer", "state", "fallback"), FALLBACK_TABLE)
def test_another_gateway_is_legal_only_after_proof(answer: GatewayReply, state: str, fallback: bool) -> None:
    assert attempt_state(answer) == state
    assert may_fall_back(answer) is fallback


def test_only_an_answer_about_the_key_resolves_an_earlier_unknown() -> None:
    assert combine(RESET, REFUSED) is RESET
    assert combine(RESET, TIMEOUT) is TIMEOUT
    assert combine(RESET, DECLINED) is DECLINED
    assert combine(REFUSED, REFUSED) is REFUSED


def test_a_resend_that_was_rejected_at_the_door_leaves_the_first_unknown() -> None:
    rejected = GatewayReply(Knowledge.DEFINITE_NO, Advice.ALARM, Phase.ANSWERED, 401, "invalid_request_error")
    both = combine(TIMEOUT, rejected)
    assert (attempt_state(both), both.advice, both.code) == ("unknown", Advice.QUERY, "invalid_request_error")
    assert combine(REFUSED, rejected) is rejected


def test_retries_pause_longer_each_time_and_end() -> None:
    policy = RetryPolicy(max_sends=3, budget_share=0.2)
    assert [policy.wants_resend(RESET, sends) for sends in (1, 2, 3)] == [True, True, False]
    assert not policy.wants_resend(TIMEOUT, 1)
    assert not policy.within_budget(0.9)
    chance = random.Random(1)
    assert all(0 <= policy.pause_s(sends, chance) <= policy.cap_s for sends in range(1, 30))


def test_a_window_opens_on_enough_failures_that_are_a_large_share() -> None:
    window = Window(window_us=1000, min_failures=3, failure_share=0.5)
    assert [window.observe(at, True) for at in (1, 2, 3)] == [False, False, True]
    busy = Window(window_us=1000, min_failures=3, failure_share=0.5)
    assert not any(busy.observe(at, at % 3 == 0) for at in range(100))


def test_a_busy_healthy_past_does_not_hide_an_outage() -> None:
    window = Window(window_us=10**9, min_failures=5, failure_share=0.5, count=40)
    assert not any(window.observe(at, False) for at in range(1000))
    assert [window.observe(1000 + number, True) for number in range(20)].index(True) == 19


def test_a_window_forgets_what_is_old() -> None:
    window = Window(window_us=1000, min_failures=3, failure_share=0.5)
    assert not any(window.observe(at, True) for at in (0, 600, 1200, 1800, 2400))
    window.observe(2401, True)
    window.clear()
    assert not window.observe(2402, True)


def test_a_probe_is_due_when_the_wait_is_over_or_the_last_one_hung() -> None:
    opened = BreakerView("stripe", "charge", "open", 2, 1000, "", 0, 500)
    assert [probe_is_due(opened, at) for at in (1499, 1500)] == [False, True]
    probing = BreakerView("stripe", "charge", "half_open", 3, 1000, "me", 2000, 500)
    assert [probe_is_due(probing, at) for at in (1999, 2000)] == [False, True]


def test_edges_lead_from_the_initial_status_and_never_out_of_a_terminal_one() -> None:
    targets = {to for _, to in states.EDGES}
    assert states.INITIAL not in targets
    assert {start for start, _ in states.EDGES} <= targets | {states.INITIAL}
    assert not {start for start, _ in states.EDGES} & set(states.TERMINAL)
    assert set(states.TERMINAL) <= targets


def test_a_fingerprint_depends_on_every_part_but_not_on_order() -> None:
    one = fingerprint(b"s", "POST", "/a", {"x": 1, "y": None})
    assert one == fingerprint(b"s", "POST", "/a", {"y": None, "x": 1})
    others = [
        fingerprint(b"t", "POST", "/a", {"x": 1, "y": None}),
        fingerprint(b"s", "GET", "/a", {"x": 1, "y": None}),
        fingerprint(b"s", "POST", "/b", {"x": 1, "y": None}),
        fingerprint(b"s", "POST", "/a", {"x": "1", "y": None}),
        fingerprint(b"s", "POST", "/a", {"x": 1}),
    ]
    assert len({one, *others}) == 6


def test_ids_are_short_distinct_and_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {new_id("pay_") for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {26}
    monkeypatch.setattr("system.ids.time.time_ns", lambda: 4_000_000_000_000_000_000)
    assert all(new_id("pay_") > one for one in ids)


def test_times_are_written_in_utc_with_microseconds() -> None:
    assert iso(1_000_001) == "1970-01-01T00:00:01.000001Z"
