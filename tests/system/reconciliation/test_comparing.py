"""What counts as a break, and what is done about it: the whole table, without a database."""

import random
from dataclasses import replace

import pytest

from system.decisions.comparing import OurDispute, Ours, compare
from system.decisions.repairs import decide
from system.feed import FeedLine, Happened, line_of
from system.gateway import DisputeTold, Kind
from system.states import AttemptState, DisputeState

TRUSTED_US = 1_000_000
OLD_US, YOUNG_US = TRUSTED_US - 1, TRUSTED_US + 1


def ours(state: str = "succeeded", **facts: object) -> Ours:
    sound = Ours("att_1", "op_1", "pay_1", Kind.SALE, AttemptState(state), 1999, "EUR", "pi_1", OLD_US, OLD_US)
    booked = 1999 if state == "succeeded" else None
    return replace(sound, **{"booked_minor": booked, **facts})


def line(happened: Happened = Happened.CAPTURE, **facts: object) -> FeedLine:
    return replace(FeedLine("txn_1", happened, "att_1", "op_1", "pi_1", 1999, "EUR", OLD_US), **facts)


def judged(mine: list[Ours], theirs: list[FeedLine]) -> list[tuple[str, str, str]]:
    breaks = compare(mine, theirs, TRUSTED_US)
    return [(item.kind, (done := decide(item)).action, done.state or "") for item in breaks]


def test_books_that_agree_have_no_breaks() -> None:
    held = ours(kind=Kind.AUTHORIZE, attempt_id="att_2", booked_minor=None)
    given = ours(kind=Kind.REFUND, attempt_id="att_3", booked_minor=-1999, gateway_ref="re_1")
    released = ours(kind=Kind.VOID, attempt_id="att_4", booked_minor=None, gateway_ref="pi_4", amount_minor=7)
    told = [
        line(),
        line(Happened.AUTHORIZE, line_id="held", attempt_id="att_2"),
        line(Happened.REFUND, line_id="txn_3", attempt_id="att_3", gateway_ref="re_1"),
        line(Happened.VOID, line_id="void", attempt_id="", gateway_ref="pi_4"),
    ]
    assert judged([ours(), held, given, released], told) == []
    assert judged([ours("declined"), ours("not_executed", attempt_id="att_9")], []) == []


@pytest.mark.parametrize("state", ["unknown", "manual"])
def test_a_success_that_we_did_not_hear_of_is_adopted(state: str) -> None:
    assert judged([ours(state)], [line()]) == [("missing_here", "record", "succeeded")]


def test_a_void_that_we_did_not_hear_of_is_found_by_the_charge_that_it_releases() -> None:
    void = ours("manual", kind=Kind.VOID, gateway_ref="pi_9")
    told = [line(Happened.VOID, attempt_id="", gateway_ref="pi_9")]
    assert judged([void], told) == [("missing_here", "record", "succeeded")]


@pytest.mark.parametrize("state", ["declined", "not_executed"])
def test_what_we_closed_and_the_gateway_did_is_given_back_once(state: str) -> None:
    assert judged([ours(state)], [line()]) == [("status_differs", "give_back", "")]
    assert judged([ours(state, has_other=True)], [line()]) == [("charged_twice", "give_back", "")]
    for under_way in ("open", "unknown", "succeeded"):
        assert judged([ours(state, reversal=under_way)], [line()]) == []
    assert judged([ours(state, reversal="declined")], [line()]) == [("status_differs", "people", "")]
    assert judged([ours(state, kind=Kind.REFUND)], [line(Happened.REFUND)]) == [("status_differs", "people", "")]


def test_the_second_of_two_charges_is_given_back_and_the_one_we_know_stands() -> None:
    second = line(line_id="txn_0", gateway_ref="pi_0", at_us=1)
    assert judged([ours()], [second, line()]) == [("charged_twice", "give_back", "")]
    assert compare([ours()], [second, line()], TRUSTED_US)[0].subject == "txn_0"


@pytest.mark.parametrize("wrong", [{"amount_minor": 2000}, {"currency": "USD"}])
@pytest.mark.parametrize("state", ["succeeded", "manual", "declined"])
def test_another_amount_or_currency_is_for_people_whatever_our_state(wrong: dict[str, object], state: str) -> None:
    [(kind, action, _)] = judged([ours(state)], [line(**wrong)])
    assert kind in {"amount_differs", "currency_differs"}
    assert action == "people"


def test_a_journal_with_another_amount_than_its_attempt_is_a_break() -> None:
    assert judged([ours(booked_minor=1998)], [line()]) == [("amount_differs", "people", "")]


def test_absence_says_nothing_before_the_feed_had_time_and_is_never_acted_on_by_itself() -> None:
    assert judged([ours(quiet_since_us=YOUNG_US)], []) == []
    assert judged([ours()], []) == [("missing_there", "people", "")]
    for state in ("prepared", "dispatched", "unknown"):
        for quiet_us in (OLD_US, YOUNG_US):
            assert judged([ours(state, quiet_since_us=quiet_us)], []) == [("in_flight", "wait", "")]
    assert judged([ours("manual", quiet_since_us=YOUNG_US)], []) == [("in_flight", "wait", "")]
    assert judged([ours("manual")], []) == [("in_flight", "cancel", "")]
    assert judged([ours("manual", kind=Kind.REFUND, undoes=True)], []) == [("in_flight", "people", "")]


def test_who_is_still_sending_learns_by_itself() -> None:
    assert judged([ours("dispatched")], [line()]) == [("in_flight", "wait", "")]


def test_a_refund_that_was_taken_back_is_no_success() -> None:
    told = [line(Happened.REFUND, line_id="a"), line(Happened.REFUND_FAILED, line_id="b")]
    assert judged([ours("manual", kind=Kind.REFUND)], told) == [("status_differs", "record", "declined")]
    booked = ours(kind=Kind.REFUND, booked_minor=-1999)
    assert judged([booked], told) == [("status_differs", "take_back", "")]
    assert judged([ours("reversed", kind=Kind.REFUND, booked_minor=-1999)], told) == []
    assert judged([ours("declined", kind=Kind.REFUND)], told) == []


TOLD = DisputeTold("dp_1", DisputeState.NEEDS_RESPONSE, 1999, "EUR", "pi_1", withdrawn_minor=1999, fee_minor=20)
KNOWN = OurDispute("dp_1", DisputeState.NEEDS_RESPONSE, 1999, 20, 0)
DIFFERS = [("dispute_differs", "take_back", "")]


def test_a_dispute_is_compared_by_all_that_it_tells() -> None:
    def disputed(told: DisputeTold, *known: OurDispute, state: str = "succeeded") -> list[tuple[str, str, str]]:
        return judged([ours(state, disputes=known)], [line(), line_of(told)])

    won = replace(TOLD, state=DisputeState.WON, reinstated_minor=1999)
    assert disputed(TOLD) == DIFFERS
    assert disputed(TOLD, KNOWN) == []
    assert disputed(TOLD, replace(KNOWN, reference="dp_2")) == DIFFERS
    assert disputed(TOLD, replace(KNOWN, state=DisputeState.INQUIRY)) == DIFFERS
    assert disputed(TOLD, replace(KNOWN, withdrawn_minor=0)) == DIFFERS
    assert disputed(TOLD, replace(KNOWN, fee_minor=0)) == DIFFERS
    assert disputed(won, KNOWN) == DIFFERS
    assert disputed(won, replace(KNOWN, state=DisputeState.WON)) == DIFFERS
    assert disputed(TOLD, replace(KNOWN, state=DisputeState.WON, reinstated_minor=1999)) == []
    assert disputed(replace(TOLD, amount_minor=2000)) == [("amount_differs", "people", "")]
    assert disputed(replace(TOLD, currency="USD")) == [("currency_differs", "people", "")]


def test_a_dispute_of_a_charge_in_doubt_waits_and_one_of_nobodys_charge_is_no_break() -> None:
    assert judged([ours("unknown")], [line_of(TOLD)]) == [("in_flight", "wait", "")]
    assert judged([], [line_of(TOLD)]) == []


def test_a_hold_that_the_gateway_released_by_itself_is_taken_back_and_one_that_we_moved_is_not() -> None:
    told = [line(Happened.AUTHORIZE), line(Happened.VOID, line_id="b", attempt_id="")]
    hold = ours(kind=Kind.AUTHORIZE, booked_minor=None)
    assert judged([replace(hold, held=True)], told) == [("status_differs", "take_back", "")]
    assert judged([hold], told) == []


def test_a_line_without_an_attempt_of_ours_is_for_people() -> None:
    assert judged([], [line(attempt_id="att_9")]) == [("missing_here", "people", "")]
    assert judged([], [line(attempt_id="")]) == [("missing_here", "people", "")]


def test_nothing_is_ever_concluded_from_absence_and_money_moves_only_on_a_line() -> None:
    chance = random.Random(7)
    states = ("prepared", "dispatched", "unknown", "manual", "succeeded", "reversed", "declined", "not_executed")
    for _ in range(3000):
        kind = chance.choice(list(Kind))
        quiet_us = chance.choice((OLD_US, YOUNG_US))
        row = ours(chance.choice(states), kind=kind, quiet_since_us=quiet_us, has_other=chance.random() < 0.5)
        told = [
            line(chance.choice(list(Happened)), line_id=f"txn_{n}", gateway_ref=chance.choice(("pi_1", "pi_2")))
            for n in range(chance.randrange(4))
        ]
        for item in compare([row], told, TRUSTED_US):
            decision = decide(item)
            if decision.action in {"record", "give_back"}:
                assert item.line is not None
            if decision.action == "cancel":
                assert (row.state, row.quiet_since_us) == ("manual", OLD_US)
            if decision.action == "record":
                assert row.state in {"unknown", "manual"}
