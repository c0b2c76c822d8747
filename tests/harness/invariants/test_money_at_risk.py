"""The money that a finding says is at risk, against histories whose sums were counted by hand.

Every story is told with the amounts in its own lines; most payments are of 19.99 EUR. Whatever an invariant looks at in
two places (an attempt and its payment, a gateway and the database) is one sum and counts once.
"""

from pathlib import Path

import pytest

from harness.core.judgement import Violation
from harness.invariants import catalogue, pick
from harness.invariants._telling import first_of_each
from harness.judge.findings import money_at_risk
from tests.harness.invariants.story import Story
from tests.harness.invariants.test_bad_stories import BAD, Teller

EUR = {"EUR": 1999}
HALF = {"EUR": 500}

TOLD = {tell.__name__: tell for tell, _ in BAD}


def the_same_key_and_reference_twice(story: Story) -> None:
    """Two sales of 19.99 under one key and one reference: one of them is too much."""
    paid = story.sale()
    story.sale(1.2, reference=paid.reference, key=paid.key, told=False)


def held_and_captured_on_paper(story: Story) -> None:
    """The merchant was told of 19.99 held and then captured, and the gateway knows of neither."""
    paid = story.authorization()
    story.capture(paid, 2.0)
    for table in ("gateway_charges", "gateway_movements"):
        story.rows[table].clear()


def held_and_captured_for_nobody(story: Story) -> None:
    """The gateway holds and captures 19.99, and our books know of neither attempt."""
    paid = story.authorization()
    story.capture(paid, 2.0)
    story.rows["attempts"].clear()


def held_and_captured_for_a_cent_less(story: Story) -> None:
    """The client meant 19.99 both times; everything else says 19.98."""
    paid = story.authorization(amount_minor=1998)
    story.capture(paid, 2.0)
    for row in story.rows["history"]:
        row["amount_minor"] = 1999


def two_refunds_that_nobody_booked(story: Story) -> None:
    """A payment's refunds of 4.00 and 3.00 are two sums, in its attempts and, together, in its row."""
    paid = story.sale()
    story.refund(paid, 2.0, 400)
    story.refund(paid, 3.0, 300)
    story.rows["postings"] = story.rows["postings"][:2]
    story.find("payments", payment_id=paid.payment_id)["refunded_minor"] = 0


def two_payments_that_nobody_booked(story: Story) -> None:
    """10.00 EUR and 300 JPY: two sums, in two currencies, never added."""
    for paid in (story.sale(amount_minor=1000), story.sale(2.0, amount_minor=300, merchant_id="m_beta")):
        story.find("payments", payment_id=paid.payment_id)["captured_minor"] = 0
    story.rows["postings"].clear()


def captured_too_much_by_both_books(story: Story) -> None:
    """19.99 held, 25.00 captured, at the gateway and in our row: 5.01 too much."""
    paid = story.authorization()
    story.capture(paid, 2.0, 2500)


def left_open_by_all(story: Story) -> None:
    """An attempt, its operation and its payment of 19.99 are all undecided."""
    paid = story.sale()
    story.last("attempts")["state"] = "unknown"
    story.last("operations")["state"] = "unknown"
    story.find("payments", payment_id=paid.payment_id)["status"] = "processing"


def declined_and_charged_at_both_gateways(story: Story) -> None:
    """One payment that was told to be declined, and two sums: 19.99 at one gateway, 12.34 at the other."""
    paid = story.decline()
    story.last("gateway_charges").update(executed=True, status="authorized", authorized_minor=paid.amount_minor)
    story.charge(paid, 1.5, status="authorized", gateway="paypal", amount_minor=1234, authorized_minor=1234,
                 captured_minor=0)  # fmt: skip


def one_payment_off_in_two_places(story: Story) -> None:
    """19.99 were meant; our row says a cent more, the gateway a whole euro: one sum, of which a euro is at stake."""
    paid = story.sale()
    story.find("payments", payment_id=paid.payment_id)["amount_minor"] = 2000
    story.last("gateway_charges")["amount_minor"] = 2099


OWN: dict[Teller, dict[str, dict[str, int]]] = {
    the_same_key_and_reference_twice: {"I8": EUR, "I1": EUR},
    held_and_captured_on_paper: {"I3": EUR, "I16": EUR},
    held_and_captured_for_nobody: {"I4": EUR},
    held_and_captured_for_a_cent_less: {"I14": {"EUR": 1}},
    two_refunds_that_nobody_booked: {"I16": {"EUR": 700}},
    two_payments_that_nobody_booked: {"I16": {"EUR": 1000, "JPY": 300}},
    captured_too_much_by_both_books: {"I12": {"EUR": 501}},
    left_open_by_all: {"I6": EUR},
    declined_and_charged_at_both_gateways: {"I5": {"EUR": 1999 + 1234}},
    one_payment_off_in_two_places: {"I14": {"EUR": 100}},
}

COUNTED: dict[str, dict[str, dict[str, int]]] = {
    "charged_twice_at_one_gateway": {"I1": EUR},
    "charged_at_both_gateways_and_both_booked": {"I1": EUR, "I8": EUR},
    "an_acknowledged_payment_is_not_stored": {"I2": EUR, "I4": EUR, "I16": EUR},
    "an_acknowledged_refund_is_not_stored": {"I2": HALF},
    "a_success_without_a_charge": {"I3": EUR, "I16": EUR},
    "captured_less_than_the_client_was_told": {"I3": {"EUR": 1998}},
    "a_refund_that_no_gateway_made": {"I3": HALF, "I16": HALF},
    "a_payment_that_forgot_its_capture": {"I2": EUR, "I16": EUR},
    "a_charge_of_an_unknown_attempt": {"I4": EUR},
    "a_failure_that_was_charged_after_all": {"I4": EUR, "I5": EUR},
    "a_shed_request_that_was_charged": {"I5": EUR, "I40": EUR},
    "an_unknown_that_nobody_resolved": {"I6": EUR},
    "an_unknown_guessed_away": {"I6": EUR},
    "a_payment_that_stays_in_progress": {"I6": EUR},
    "a_replay_with_other_bytes": {"I7": EUR},
    "one_key_two_operations": {"I8": EUR},
    "one_refund_executed_twice": {"I8": {"EUR": 400}, "I16": {"EUR": 400}},
    "another_payload_accepted": {"I9": EUR},
    "a_refused_payload_left_a_payment": {"I5": EUR, "I9": EUR, "I40": EUR},
    "a_transient_answer_was_stored": {"I10": EUR},
    "another_merchants_key_gets_in_the_way": {"I11": {"JPY": 5}},
    # 30.00 captured of 19.99 held; the row says 7.00.
    "captured_more_than_authorised": {"I12": {"EUR": 1001}, "I16": {"EUR": 2300}},
    "captured_after_the_void": {"I12": EUR},
    # Eight refunds of 6.00 out of 19.99; the row says 6.00.
    "refunded_more_than_captured": {"I13": {"EUR": 2801}, "I16": {"EUR": 4200}},
    "a_float_lost_a_cent": {"I14": {"USD": 1}},
    # 5.00 EUR were meant, 5.00 USD moved: all of it is wrong.
    "booked_another_amount": {"I14": HALF},
    "a_journal_that_does_not_balance": {"I15": {"EUR": 1}},
    "a_capture_that_was_not_booked": {"I16": EUR},
    "a_capture_that_was_booked_twice": {"I16": {}},
    "a_booking_without_a_movement": {"I16": {"EUR": 100}},
    "a_journal_that_a_failover_lost": {"I17": EUR},
    "a_status_moved_back": {"I18": EUR},
    "its_own_payment_is_not_found": {"I19": EUR},
    "its_own_refund_is_pending_again": {"I19": HALF},
    "another_client_is_shown_the_past": {"I21": EUR},
    "fallback_while_in_doubt": {"I33": EUR},
    "fallback_although_the_first_gateway_executed": {"I1": EUR, "I4": EUR, "I33": EUR},
    "a_batch_that_pays_out_its_refunds": {"I30": HALF},
    # 19.99 at 1.5 % are 30 cents, and 25 are the fixed part.
    "a_net_without_its_fees": {"I30": {"EUR": 55}},
    "a_capture_in_two_batches": {"I30": EUR},
    "a_capture_in_no_batch": {"I30": EUR},
    "a_fee_of_another_tier": {"I30": {"EUR": 1}},
    "a_reserve_that_is_too_high": {"I30": {"EUR": 7}},
    "a_dispute_withdraws_twice_in_our_books": {"I16": EUR, "I64": EUR},
    "a_lost_dispute_is_booked_as_won": {"I16": EUR, "I64": EUR},
    # A period costs 10.00.
    "a_period_without_an_invoice": {"I34": {"EUR": 1000}},
    "a_period_that_begins_an_hour_late": {"I34": {"EUR": 1000}},
    # The fee alone.
    "the_fee_of_a_dispute_is_left_out": {"I16": {"EUR": 2000}, "I64": {"EUR": 2000}},
    "an_inquiry_is_booked_as_a_chargeback": {"I16": EUR, "I64": EUR},
    "what_is_won_is_not_given_back": {"I16": EUR, "I64": EUR},
    "a_dispute_is_never_heard_of": {"I16": EUR, "I64": EUR},
    "a_late_event_opens_a_dispute_again": {"I64": EUR},
    "the_gateway_gives_a_lost_dispute_back": {"I64": EUR},
    "a_payment_shows_another_state_than_its_dispute": {"I64": EUR},
    # 5.00 were given back of what was disputed whole.
    "refunds_and_a_dispute_come_to_more_than_was_captured": {"I13": HALF},
    "a_break_that_nobody_ended": {"I32": EUR},
    "closed_because_the_feed_did_not_show_it": {"I4": EUR, "I5": EUR, "I6": EUR, "I16": EUR, "I32": EUR},
    "canceled_although_it_was_done": {"I4": EUR, "I5": EUR, "I16": EUR, "I32": EUR},
    "a_second_charge_taken_for_revenue": {"I1": EUR, "I16": EUR, "I32": EUR},
    "a_server_error_asked_about_under_a_new_key": {"I55": EUR},
    "a_forged_event_decided": {"I25": EUR},
    "an_event_that_acted_twice": {"I27": EUR},
    "acknowledged_while_no_standby_runs": {"I42": EUR},
    "a_refund_that_one_node_has": {"I42": HALF},
    # 7.00 of a payment were given back, and came back.
    "a_refund_that_failed_still_stands": {"I44": {"EUR": 700}},
    "a_hold_that_expired_is_still_authorized": {"I45": EUR},
    "a_payment_is_given_up_here_alone": {"I46": EUR},
    "taken_although_no_gateway_does": {"I47": {"KWD": 1005}},
    "a_reference_that_paid_twice": {"I48": EUR},
    "a_refused_refund_left_a_row": {"I49": HALF},
    # Three charges under a reference that was meant to pay twice.
    "a_repeated_reference_that_pays_more_often_than_asked": {"I1": EUR},
    "a_capture_credited_to_another_merchant": {"I51": EUR},
    "a_refund_debited_to_another_merchant": {"I51": HALF},
    # 199.90 told of 19.99: the difference.
    "an_event_with_ten_times_the_amount": {"I52": {"EUR": 17991}},
    "an_event_in_another_currency": {"I52": EUR},
    "a_stolen_card_at_the_other_gateway": {"I57": EUR},
    "a_decline_of_a_gateway_that_was_never_asked": {"I63": EUR},
    # 25.00 of 19.99; 6.00 after 15.00; 19.99 back of the 10.00 that were taken.
    "a_capture_beyond_the_hold_that_the_gateway_declined": {"I60": {"EUR": 501}},
    "a_second_capture_beyond_the_rest_that_was_accepted": {"I60": {"EUR": 101}},
    "a_refund_of_the_authorisation_that_was_passed_on": {"I60": {"EUR": 999}},
    "a_void_that_was_done_beside_the_capture": {"I61": EUR},
    "a_void_that_the_ledger_has_as_a_capture": {"I61": EUR},
    "a_loser_who_is_told_nothing": {"I61": {"EUR": 1000}},
    # The second payment, which neither the answers nor the gateways have.
    "a_repeated_reference_that_is_answered_with_the_first": {"I62": EUR},
}
"""The bad stories of the catalogue: which money each invariant finds in them."""

EVERY = {**{TOLD[name]: money for name, money in COUNTED.items()}, **OWN}


@pytest.mark.parametrize("tell", EVERY, ids=lambda tell: tell.__name__)
def test_the_money_at_risk_is_what_was_counted_by_hand(tmp_path: Path, tell: Teller) -> None:
    story = Story(tmp_path)
    tell(story)
    with story.evidence() as evidence:
        found = {item.id: item.violations(evidence) for item in pick(*EVERY[tell])}
    assert all(found.values()), found
    assert {name: money_at_risk(violations) for name, violations in found.items()} == EVERY[tell]


def test_every_invariant_that_reports_money_was_counted_by_hand(tmp_path: Path) -> None:
    reporting = set()
    for number, (tell, expected) in enumerate(BAD):
        folder = tmp_path / str(number)
        folder.mkdir()
        story = Story(folder)
        tell(story)
        with story.evidence() as evidence:
            named = [item for item in catalogue() if item.id in expected]
            reporting |= {item.id for item in named if money_at_risk(item.violations(evidence))}
    assert reporting == {name for money in EVERY.values() for name in money}


def test_a_sum_that_several_places_tell_of_counts_once_and_other_sums_are_added() -> None:
    told = [
        Violation("a1", "", {"EUR": 300}, sum_of="pay", seen_in="attempts"),
        Violation("a2", "", {"EUR": 400, "JPY": 5}, sum_of="pay", seen_in="attempts"),
        Violation("pay", "", {"EUR": 650}, sum_of="pay", seen_in="payments"),
        Violation("other", "", {"EUR": 50}, sum_of="other", seen_in="payments"),
        Violation("plain", "", {"EUR": 1}),
        Violation("plain", "", {"EUR": 1}),
    ]
    assert money_at_risk(told) == {"EUR": 700 + 50 + 2, "JPY": 5}


def test_each_sum_of_a_subject_is_kept_and_what_is_told_again_counts_once_with_the_most() -> None:
    told = first_of_each(
        [
            Violation("p", "first", {"EUR": 300}, sum_of="a"),
            Violation("p", "the same sum, more of it", {"EUR": 500, "JPY": 7}, sum_of="a"),
            Violation("p", "another sum", {"EUR": 40}, sum_of="b"),
            Violation("q", "no sum named", {"EUR": 2}),
            Violation("q", "told again", {"EUR": 1}),
        ]
    )
    assert [item.what for item in told] == ["first", "another sum", "no sum named"]
    assert money_at_risk(told) == {"EUR": 500 + 40 + 2, "JPY": 7}


def test_what_must_never_happen_is_not_hidden_behind_what_came_too_late() -> None:
    late = Violation("p", "too late", {"EUR": 300}, sum_of="a", timed=True)
    never = Violation("p", "guessed", {"EUR": 200}, sum_of="a")
    for told in ([late, never], [never, late]):
        [kept] = first_of_each(told)
        assert (kept.what, kept.timed, kept.money) == ("guessed", False, {"EUR": 300})
