"""Each planted bug that replaces a pure decision: the sound one and the planted one side by side."""

import random
from dataclasses import replace

import pytest

from system.decisions.breaker_window import BreakerView
from system.decisions.comparing import Break, Ours
from system.decisions.resolving import LOOKUP, RESEND, Facts, Limits, concluded
from system.feed import FeedLine, Happened
from system.gateway import Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.planted import Planted, load
from system.seams import Seams
from system.settings import Settings
from system.states import AttemptState, Evidence

LIMITS = Limits(resend_within_s=3600.0, manual_after_s=86_400.0)
TIMEOUT = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.SENT, code="timeout", failure=True)
IN_USE = GatewayReply(Knowledge.UNKNOWN, Advice.RETRY_SAME_KEY, Phase.ANSWERED, 409, "idempotency_key_in_use")
DECLINED = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, 402, "card_declined")
YES = GatewayReply(Knowledge.DEFINITE_YES, Advice.NONE, Phase.ANSWERED, 200)
REQUEST = GatewayRequest(
    "op_1", "att_1", "pay_1", "m_alpha", "order-1", "att_1", Kind.SALE, 1999, "EUR", "pm_card_visa", True, None, "cor_1"
)


def planted(bug: str) -> tuple[Seams, Seams, Planted]:
    sound, _ = load(Settings(bug=""))
    seams, counter = load(Settings(bug=bug))
    return sound, seams, counter


def test_b05_makes_a_new_key_for_every_resend() -> None:
    sound, seams, counter = planted("B05")
    assert {sound.gateway_key("att_1", send) for send in (1, 2, 3)} == {"att_1"}
    assert seams.gateway_key("att_1", 1) == "att_1"
    assert counter.reached == 0
    assert len({seams.gateway_key("att_1", send) for send in (1, 2, 3)}) == 3
    assert counter.reached == 2


def test_b07_takes_silence_for_a_refusal_and_falls_back() -> None:
    sound, seams, counter = planted("B07")
    assert (sound.attempt_state(TIMEOUT), sound.may_fall_back(TIMEOUT)) == ("unknown", False)
    for reply in (YES, DECLINED):
        assert seams.attempt_state(reply) == sound.attempt_state(reply)
        assert seams.may_fall_back(reply) == sound.may_fall_back(reply)
    assert counter.reached == 0
    assert (seams.attempt_state(TIMEOUT), seams.may_fall_back(TIMEOUT)) == ("not_executed", True)
    assert counter.reached == 1


def test_b08_gives_up_after_two_polls() -> None:
    sound, seams, counter = planted("B08")
    for checks in (0, 1):
        facts = Facts(AttemptState.UNKNOWN, age_s=1.0, checks=checks)
        assert seams.decide(facts, LIMITS) == sound.decide(facts, LIMITS)
    assert counter.reached == 0
    facts = Facts(AttemptState.UNKNOWN, age_s=2.0, checks=2)
    assert sound.decide(facts, LIMITS) == RESEND
    assert seams.decide(facts, LIMITS) == concluded(AttemptState.DECLINED, Evidence.RESOLVE_LIMIT)
    assert counter.reached == 1


def test_b09_searches_first_and_believes_what_it_does_not_find() -> None:
    sound, seams, counter = planted("B09")
    assert sound.decide(Facts(AttemptState.UNKNOWN), LIMITS) == RESEND
    assert seams.decide(Facts(AttemptState.UNKNOWN), LIMITS) == LOOKUP
    assert seams.decide(Facts(AttemptState.UNKNOWN, checks=1), LIMITS) == RESEND
    assert seams.decide(Facts(AttemptState.DISPATCHED), LIMITS) == sound.decide(Facts(AttemptState.DISPATCHED), LIMITS)
    assert sound.read_miss(1, 0.0) is None
    assert counter.reached == 0
    absent = seams.read_miss(1, 0.0)
    assert absent is not None
    assert (sound.attempt_state(absent), sound.may_fall_back(absent)) == ("not_executed", True)
    assert counter.reached == 1


def test_b10_takes_a_conflict_for_a_decline() -> None:
    sound, seams, counter = planted("B10")
    assert sound.attempt_state(sound.classify(REQUEST, IN_USE)) == "unknown"
    for reply in (YES, DECLINED, TIMEOUT):
        assert seams.classify(REQUEST, reply) == sound.classify(REQUEST, reply)
    assert counter.reached == 0
    assert seams.attempt_state(seams.classify(REQUEST, IN_USE)) == "declined"
    assert counter.reached == 1


def test_b14_gives_all_merchants_one_scope() -> None:
    sound, seams, counter = planted("B14")
    assert len({sound.key_scope(merchant) for merchant in ("m_alpha", "m_beta")}) == 2
    assert len({seams.key_scope(merchant) for merchant in ("m_alpha", "m_beta")}) == 1
    assert counter.reached == 2


def test_b34_loses_a_unit_in_573_of_the_first_ten_thousand_amounts() -> None:
    sound, seams, counter = planted("B34")
    texts = [f"{cents // 100}.{cents % 100:02d}" for cents in range(1, 10_001)]
    assert [sound.parse_amount(text, 2) for text in texts] == list(range(1, 10_001))
    wrong = [text for text in texts if seams.parse_amount(text, 2) != sound.parse_amount(text, 2)]
    assert "19.99" in wrong
    assert len(wrong) == counter.reached == 573
    with pytest.raises(ValueError, match=r"."):
        seams.parse_amount("nan", 2)


def test_b42_never_lets_a_probe_through() -> None:
    sound, seams, counter = planted("B42")
    view = BreakerView("stripe", "charge", "open", 2, 1_000_000, "", 0, 2_000_000)
    half_open = replace(view, state="half_open", probe_deadline_us=5_000_000)
    for candidate, due_us in ((view, 3_000_000), (half_open, 5_000_000)):
        assert not sound.may_probe(candidate, due_us - 1)
        assert not seams.may_probe(candidate, due_us - 1)
        assert sound.may_probe(candidate, due_us)
        assert not seams.may_probe(candidate, due_us)
    assert counter.reached == 2


def test_b45_repeats_at_once_without_budget() -> None:
    sound, seams, counter = planted("B45")
    sends = [n for n in range(1, 50) if sound.retry.wants_resend(IN_USE, n)]
    eager = [n for n in range(1, 50) if seams.retry.wants_resend(IN_USE, n)]
    assert len(sends) == 2
    assert len(eager) == 11
    assert not sound.retry.wants_resend(TIMEOUT, 1)
    assert seams.retry.wants_resend(TIMEOUT, 1)
    assert not seams.retry.wants_resend(DECLINED, 1)
    assert (sound.retry.within_budget(0.0), seams.retry.within_budget(0.0)) == (False, True)
    chance = random.Random(1)
    assert sound.retry.pause_s(3, chance) > 0
    assert counter.reached == 0
    assert seams.retry.pause_s(3, chance) == 0
    assert counter.reached == 1


def _in_flight(state: str) -> Break:
    ours = Ours("att_1", "op_1", "pay_1", Kind.SALE, state, 1999, "EUR", None, 1, 1)
    return Break("in_flight", ours, None, seen=True)


def test_b57_closes_what_a_lagging_feed_does_not_show_and_never_looks_again() -> None:
    sound, seams, counter = planted("B57")
    dispatched = _in_flight("dispatched")
    assert seams.repair(dispatched) == sound.repair(dispatched)
    assert counter.reached == 0
    for number, state in enumerate(("unknown", "manual"), start=1):
        assert sound.repair(_in_flight(state)).action == "wait"
        wrong = seams.repair(_in_flight(state))
        assert (wrong.action, wrong.state, counter.reached) == ("record", "not_executed", number)
    line = FeedLine("txn_1", Happened.CAPTURE, "att_1", "op_1", "pi_1", 1999, "EUR", 2)
    shown = Break("status_differs", _in_flight("not_executed").ours, line)
    assert (sound.repair(shown).action, seams.repair(shown).action) == ("give_back", "wait")


def test_b58_replaces_only_how_a_second_charge_is_undone() -> None:
    sound, seams, counter = planted("B58")
    assert replace(seams, give_back=sound.give_back) == sound
    assert seams.give_back is not sound.give_back
    assert counter.reached == 0


BROKEN = GatewayReply(Knowledge.UNKNOWN, Advice.RETRY_SAME_KEY, Phase.ANSWERED, 500, "api_error", failure=True)


def test_b93_takes_a_server_error_for_a_refused_connection() -> None:
    sound, seams, counter = planted("B93")
    for reply in (YES, DECLINED, TIMEOUT, IN_USE):
        assert seams.classify(REQUEST, reply) == sound.classify(REQUEST, reply)
    assert counter.reached == 0
    told = seams.classify(REQUEST, BROKEN)
    assert (seams.attempt_state(told), seams.may_fall_back(told)) == ("not_executed", True)
    assert not sound.may_fall_back(sound.classify(REQUEST, BROKEN))
    assert counter.reached == 1


def test_b111_takes_paypals_server_errors_alone_for_a_refused_connection() -> None:
    sound, seams, counter = planted("B111")
    stripes, paypals = replace(BROKEN, code="api_error"), replace(BROKEN, code="INTERNAL_SERVER_ERROR")
    for reply in (YES, DECLINED, TIMEOUT, IN_USE, stripes):
        assert seams.classify(REQUEST, reply) == sound.classify(REQUEST, reply)
    assert counter.reached == 0
    told = seams.classify(REQUEST, paypals)
    assert (seams.attempt_state(told), seams.may_fall_back(told)) == ("not_executed", True)
    assert counter.reached == 1


def test_b94_goes_on_under_another_key_after_a_server_error() -> None:
    sound, seams, counter = planted("B94")
    seams.classify(REQUEST, TIMEOUT)
    assert seams.gateway_key("att_1", 2) == seams.recovery_key("att_1", 3) == sound.gateway_key("att_1", 2)
    assert counter.reached == 0
    seams.classify(REQUEST, BROKEN)
    assert seams.gateway_key("att_1", 2) == seams.recovery_key("att_1", 2) != "att_1"
    assert seams.gateway_key("att_2", 2) == "att_2"
    assert counter.reached == 2


def test_b95_frees_what_is_stuck_by_a_key_of_its_own() -> None:
    sound, seams, counter = planted("B95")
    assert {seams.recovery_key("att_1", send) for send in (1, 2)} == {"att_1"}
    assert seams.gateway_key("att_1", 3) == "att_1"
    assert counter.reached == 0
    assert seams.recovery_key("att_1", 3) != sound.recovery_key("att_1", 3)
    assert counter.reached == 1


def test_b13_sends_again_under_keys_that_are_forgotten() -> None:
    sound, seams, counter = planted("B13")
    young, old = Facts(AttemptState.UNKNOWN, age_s=10.0), Facts(AttemptState.UNKNOWN, age_s=3600.0, checks=4)
    assert seams.decide(young, LIMITS) == sound.decide(young, LIMITS) == RESEND
    assert counter.reached == 0
    assert (sound.decide(old, LIMITS), seams.decide(old, LIMITS)) == (LOOKUP, RESEND)
    assert counter.reached == 1


def test_b97_carries_a_hard_decline_elsewhere() -> None:
    sound, seams, counter = planted("B97")
    retryable = replace(DECLINED, advice=Advice.FALLBACK_OK)
    for reply in (YES, TIMEOUT, retryable):
        assert seams.may_fall_back(reply) == sound.may_fall_back(reply)
    assert counter.reached == 0
    assert (sound.may_fall_back(DECLINED), seams.may_fall_back(DECLINED)) == (False, True)
    assert counter.reached == 1


def test_b98_takes_a_decline_for_an_illness() -> None:
    sound, seams, counter = planted("B98")
    for reply in (YES, TIMEOUT, BROKEN):
        assert seams.classify(REQUEST, reply) == sound.classify(REQUEST, reply)
    assert counter.reached == 0
    assert (sound.classify(REQUEST, DECLINED).failure, seams.classify(REQUEST, DECLINED).failure) == (False, True)
    assert counter.reached == 1


def test_b122_takes_a_connection_that_was_refused_for_a_decline() -> None:
    sound, seams, counter = planted("B122")
    for reply in (YES, DECLINED, TIMEOUT):
        assert seams.attempt_state(reply) == sound.attempt_state(reply)
    assert counter.reached == 0
    refused = GatewayReply(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.REFUSED, code="gateway_unreachable")
    assert (sound.attempt_state(refused), seams.attempt_state(refused)) == ("not_executed", "declined")
    assert counter.reached == 1
