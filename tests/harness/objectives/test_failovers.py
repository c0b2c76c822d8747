"""Failovers by phase, and the promises about them: what is measured, and what is left open rather than guessed."""

from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.core.judgement import Measurement, Objective
from harness.core.recovery import PHASES, Failover
from harness.objectives import drained, objective_named, rpo, rto
from harness.objectives.losses import data_loss
from harness.objectives.moves import moves
from harness.objectives.phases import recoveries
from tests.harness.invariants.story import Story, at
from tests.harness.objectives.failing_over import (
    CHOSEN_S,
    CONNECTED_S,
    DRAINED_S,
    KILLED_S,
    NOTICED_S,
    WRITABLE_S,
    backlog_is,
    failing_over,
    patroni_says,
    pools_say,
    state,
    told_by_all,
)

ALL = [rto(within=3), rpo(payments=0), drained(within=30)]


def measured(story: Story, objective: Objective) -> Measurement:
    with story.evidence() as evidence:
        return objective.measure(evidence)


def recovered(story: Story) -> list[Failover]:
    with story.evidence() as evidence:
        return list(recoveries(evidence))


def spans(item: Failover) -> dict[str, tuple[float | None, float | None]]:
    return {phase.name: (phase.from_s, phase.to_s) for phase in item.phases}


def test_each_phase_begins_where_the_one_before_ended(tmp_path: Path) -> None:
    [found] = recovered(told_by_all(tmp_path))
    assert (found.fault, found.old_primary, found.new_primary) == ("postgres_killed", "pg-a", "pg-b")
    assert (found.timeline_before, found.timeline_after, found.moved) == (3, 4, True)
    assert spans(found) == {
        "detect": (KILLED_S, NOTICED_S),
        "decide": (NOTICED_S, CHOSEN_S),
        "promote": (CHOSEN_S, WRITABLE_S),
        "reconnect": (WRITABLE_S, CONNECTED_S),
        "drain": (CONNECTED_S, DRAINED_S),
    }
    assert tuple(phase.name for phase in found.phases) == PHASES
    assert [phase.reason for phase in found.phases] == [""] * 5
    assert (found.service.from_s, found.service.to_s) == (5.0, 7.52)


def test_logs_in_another_time_zone_tell_the_same(tmp_path: Path) -> None:
    story = failing_over(tmp_path)
    patroni_says(story, hours_from_utc=5)
    [found] = recovered(story)
    assert spans(found)["decide"] == (NOTICED_S, CHOSEN_S)


def test_what_nobody_tells_is_left_open_with_the_reason(tmp_path: Path) -> None:
    [found] = recovered(failing_over(tmp_path))
    assert {phase.name: phase.seconds for phase in found.phases} == dict.fromkeys(PHASES)
    assert all(phase.reason for phase in found.phases)
    assert found.writable_s == WRITABLE_S
    assert found.service.seconds == 2.52


def test_a_pool_that_never_worked_again_is_no_reconnect(tmp_path: Path) -> None:
    story = failing_over(tmp_path)
    pools_say(story, CONNECTED_S, None)
    [found] = recovered(story)
    assert found.phases[3].seconds is None
    assert found.phases[3].reason == "1 of 2 pools never worked again"


def test_an_old_primary_that_was_cut_off_and_goes_on_is_a_failover_without_a_loss(tmp_path: Path) -> None:
    story = Story(tmp_path)
    state(story, 0.0, "pg-a", "primary", 1)
    story.fault("primary_partitioned", "primary", 5.0, 9.0)
    state(story, 8.0, "pg-b", "primary", 2)
    state(story, 9.5, "pg-a", "none", None, up=False)
    [found] = recovered(story)
    assert (found.old_primary, found.new_primary, found.lost_s, found.writable_s) == ("pg-a", "pg-b", None, 8.0)
    assert found.began_s == 5.0


def test_a_server_that_came_back_in_its_place_did_not_move(tmp_path: Path) -> None:
    story = Story(tmp_path)
    state(story, 0.0, "pg-a", "primary", 1)
    state(story, 5.0, "pg-a", "none", None, up=False)
    state(story, 8.0, "pg-a", "primary", 1)
    [found] = recovered(story)
    assert (found.moved, found.fault, found.began_s, found.writable_s) == (False, "", 5.0, 8.0)


def test_a_question_that_got_no_answer_once_is_no_loss(tmp_path: Path) -> None:
    story = Story(tmp_path)
    state(story, 0.0, "pg-a", "primary", 1)
    state(story, 5.0, "pg-a", "none", 1)
    state(story, 5.2, "pg-a", "primary", 1)
    assert recovered(story) == []


def test_two_losses_are_told_apart(tmp_path: Path) -> None:
    story = told_by_all(tmp_path)
    story.fault("postgres_killed", "primary", 12.0, 13.0)
    state(story, 12.1, "pg-b", "none", None, up=False)
    state(story, 14.0, "pg-a", "primary", 5)
    first, second = recovered(story)
    assert (first.new_primary, second.new_primary) == ("pg-b", "pg-a")
    assert (second.began_s, second.writable_s) == (12.0, 14.0)
    assert second.service.reason == "no client noticed"


def test_writes_that_were_never_possible_again_have_no_phases(tmp_path: Path) -> None:
    story = Story(tmp_path)
    state(story, 0.0, "pg-a", "primary", 1)
    state(story, 5.0, "pg-a", "none", None, up=False)
    [found] = recovered(story)
    assert (found.new_primary, found.writable_s, found.moved) == ("", None, False)
    assert {phase.reason for phase in found.phases} == {"writes were never possible again"}


def test_a_run_without_node_events_has_no_failovers(tmp_path: Path) -> None:
    with Story(tmp_path).evidence() as evidence:
        assert moves(evidence) == []
        assert recoveries(evidence) == ()


@pytest.mark.parametrize("objective", ALL, ids=lambda item: item.name)
def test_the_name_of_a_promise_is_enough_to_measure_it_again(tmp_path: Path, objective: Objective) -> None:
    again = objective_named(objective.name)
    assert (again.name, again.goal) == (objective.name, objective.goal)
    with told_by_all(tmp_path).evidence() as evidence:
        assert again.measure(evidence) == objective.measure(evidence)


@pytest.mark.parametrize("objective", ALL, ids=lambda item: item.name)
def test_a_run_in_which_nothing_moved_measures_nothing(tmp_path: Path, objective: Objective) -> None:
    found = measured(Story(tmp_path), objective)
    assert (found.value, found.met) == (None, False)


@pytest.mark.parametrize(("within", "met"), [(3.0, True), (2.0, False)])
def test_rto_counts_from_the_first_request_that_failed_to_the_first_of_a_good_window(
    tmp_path: Path, within: float, met: bool
) -> None:
    found = measured(told_by_all(tmp_path), rto(within=within))
    assert (found.value, found.met) == (2.52, met)


def test_one_good_answer_is_no_recovery(tmp_path: Path) -> None:
    story = failing_over(tmp_path, served_again_s=12.0)
    lucky = next(row for row in story.rows["history"] if row["due_us"] >= at(8.0))
    lucky.update(outcome="OK", http_status=201)
    assert measured(story, rto(within=3)).value == pytest.approx(7.02)


def test_service_that_breaks_again_had_not_come_back(tmp_path: Path) -> None:
    story = failing_over(tmp_path)
    for row in story.rows["history"]:
        if at(10.0) <= row["due_us"] < at(13.0):
            row.update(outcome="UNKNOWN", http_status=503)
    assert measured(story, rto(within=3)).value == pytest.approx(8.02)


def test_service_that_never_came_back_is_a_miss_when_there_was_load_for_long_enough(tmp_path: Path) -> None:
    found = measured(failing_over(tmp_path / "long", served_again_s=99.0), rto(within=3))
    assert (found.value, found.met) == (15.0, False)
    found = measured(failing_over(tmp_path / "short", served_again_s=99.0), rto(within=14))
    assert (found.value, found.met) == (None, False)


def test_a_failover_that_no_client_noticed_took_them_nothing(tmp_path: Path) -> None:
    found = measured(failing_over(tmp_path, served_again_s=5.0), rto(within=3))
    assert (found.value, found.met, found.text) == (0.0, True, "0.00 s (no client noticed)")


def test_an_outage_that_everybody_waited_out_is_an_outage(tmp_path: Path) -> None:
    """The platform held each request until the database was back: nothing failed, and nobody was served for 2.4 s."""
    story = failing_over(tmp_path, served_again_s=5.0)
    for row in story.rows["history"]:
        if at(KILLED_S) <= row["due_us"] < at(WRITABLE_S):
            row["done_us"] = at(WRITABLE_S + 0.02)
    assert measured(story, rto(within=3)).value == pytest.approx(2.42)


def test_waiting_that_was_usual_before_is_not_held_against_the_failover(tmp_path: Path) -> None:
    story = failing_over(tmp_path)
    for row in story.rows["history"]:
        if row["outcome"] == "OK":
            row["done_us"] = row["due_us"] + 1_200_000
    assert measured(story, rto(within=6)).value == pytest.approx(3.7)


def test_retries_of_what_a_failover_left_in_doubt_do_not_count_against_service(tmp_path: Path) -> None:
    story = failing_over(tmp_path)
    for row in list(story.rows["history"]):
        if row["outcome"] == "UNKNOWN":
            for attempt in range(2, 8):
                due_us = row["due_us"] + attempt * 1_000_000
                story.add("history", **{**row, "attempt": attempt, "due_us": due_us, "done_us": due_us + 1000})
    assert measured(story, rto(within=3)).value == 2.52


def test_no_payment_lost_is_said_only_when_a_failover_was_seen_and_the_final_reads_finished(tmp_path: Path) -> None:
    found = measured(sound(tmp_path / "sound"), rpo(payments=0))
    assert (found.value, found.met) == (0.0, True)
    unread = sound(tmp_path / "unread")
    unread.events.append({"at_us": at(22), "kind": "final_reads", "references": 9, "unread": 2, "finished": False})
    found = measured(unread, rpo(payments=0))
    assert (found.value, found.text) == (None, "the final reads did not finish")
    still = Story(tmp_path / "still")
    still.sale()
    assert measured(still, rpo(payments=0)).text == "no failover was seen"


def sound(folder: Path) -> Story:
    """Return a failover around which ten sales were made, each of which is where it belongs."""
    story = Story(folder)
    state(story, 0.0, "pg-a", "primary", 3)
    story.fault("postgres_killed", "primary", KILLED_S, KILLED_S + 5)
    state(story, KILLED_S + 0.1, "pg-a", "none", None, up=False)
    state(story, WRITABLE_S, "pg-b", "primary", 4)
    for number in range(10):
        story.sale(1.0 + number, merchant_id=("m_alpha", "m_beta")[number % 2])
    return story


def test_the_account_of_lost_payments_counts_them_adds_them_up_by_currency_and_lists_them(tmp_path: Path) -> None:
    story = sound(tmp_path)
    lost = story.rows["payments"][2:4]
    story.rows["payments"] = [row for row in story.rows["payments"] if row not in lost]
    with story.evidence() as evidence:
        account = data_loss(evidence)
        found = rpo(payments=1).measure(evidence)
        assert rpo(payments=2).measure(evidence).met
    assert (account.payments, account.money) == (2, {"EUR": 1999, "JPY": 1999})
    assert account.references == tuple(sorted(row["reference"] for row in lost))
    assert (account.failovers, account.at_stake, account.known) == (1, 7, True)
    assert (found.value, found.met, found.text) == (2.0, False, "2 lost of 7 acknowledged before the last promotion")


def test_a_loss_is_told_even_where_no_failover_was_seen(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.sale()
    story.rows["payments"].clear()
    found = measured(story, rpo(payments=0))
    assert (found.value, found.met) == (1.0, False)


@pytest.mark.parametrize(("within", "met"), [(2.0, True), (1.0, False)])
def test_the_backlog_is_drained_when_no_more_is_in_flight_than_before_the_fault(
    tmp_path: Path, within: float, met: bool
) -> None:
    found = measured(told_by_all(tmp_path), drained(within=within))
    assert found.value == pytest.approx(DRAINED_S - WRITABLE_S)
    assert found.met is met
    assert "at most 40 in flight, usually 8" in found.text


def test_without_a_lost_primary_draining_counts_from_the_last_heal(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.fault("gateway_down", "*-to-stripe", KILLED_S, 8.0)
    backlog_is(story)
    assert measured(story, drained(within=5)).value == pytest.approx(1.0)


def test_a_backlog_that_drained_only_while_settling_counts_until_then(tmp_path: Path) -> None:
    story = failing_over(tmp_path)
    backlog_is(story, drained_s=99.0)
    assert measured(story, drained(within=30)).value == pytest.approx(21.0 - WRITABLE_S)
    story.events.append({"at_us": at(30), "kind": "settled", "seconds": 9, "backlog": {"x": 1}, "drained": False})
    found = measured(story, drained(within=30))
    assert (found.value, found.met) == (float("inf"), False)


def test_a_backlog_at_which_nobody_looked_is_not_drained(tmp_path: Path) -> None:
    found = measured(failing_over(tmp_path), drained(within=30))
    assert (found.value, found.text) == (None, "nobody looked at the backlog")


@pytest.mark.parametrize("make", [lambda: rto(within=0), lambda: rpo(payments=-1), lambda: drained(within=-1)])
def test_a_promise_without_sense_is_refused(make) -> None:
    with pytest.raises(UsageError):
        make()


@pytest.mark.parametrize("timeline", [3, 4], ids=["on its timeline", "promoted once more"])
def test_what_the_old_primarys_own_disk_saved_is_not_called_rpo_0(tmp_path: Path, timeline: int) -> None:
    story = sound(tmp_path)
    story.events = [event for event in story.events if event.get("node") != "pg-b"]
    state(story, WRITABLE_S, "pg-a", "primary", timeline)
    with story.evidence() as evidence:
        account = data_loss(evidence)
        found = rpo(payments=0).measure(evidence)
        [told] = recoveries(evidence)
    said = "no other node took over: what pg-a had acknowledged was saved by a disk that came back"
    assert (account.payments, account.known, account.failovers) == (0, False, 0)
    assert (account.came_back, account.reason) == (("pg-a",), said)
    assert (found.value, found.text, told.came_back) == (None, said, True)


def test_a_failover_and_a_disk_that_came_back_are_both_told(tmp_path: Path) -> None:
    story = sound(tmp_path)
    state(story, 12.0, "pg-b", "none", None, up=False)
    state(story, 15.0, "pg-b", "primary", 5)
    with story.evidence() as evidence:
        account = data_loss(evidence)
    assert (account.known, account.failovers, account.came_back) == (True, 1, ("pg-b",))
