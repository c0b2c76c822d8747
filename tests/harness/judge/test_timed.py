"""A machine that gives out no processors excuses what came too late: one violation, and never a whole invariant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.verdicts import Verdict
from harness.invariants import pick
from harness.judge.findings import find
from tests.harness.invariants import bad_calls, bad_reversals, bad_webhooks
from tests.harness.invariants import test_bad_stories as stories
from tests.harness.invariants.story import Story, at

EXCUSE = "the machine was starved of processors for 20 s of the load"


def opened_and_still_used_by_whoever_opened_it(story: Story) -> None:
    stories.a_breaker_that_leaks(story)
    for row in story.rows["breaker_transitions"]:
        row["process"] = "api1"
    for number, row in enumerate(story.rows["history"]):
        row["replica"], row["correlation_id"] = "api1", f"c-{number}"
    for number, row in enumerate(story.rows["operations"]):
        row["correlation_id"] = f"c-{number}"


def a_breaker_that_opened_rightly_and_never_closed(story: Story) -> None:
    stories.a_breaker_that_never_closed(story)
    for row in story.rows["attempts"][:6]:
        row["phase"] = "reset"


def unsettled(story: Story) -> None:
    """The run was still busy when nobody waited any longer."""
    story.events = [event for event in story.events if event["kind"] != "settled"]
    story.events.append({"at_us": at(40.0), "kind": "settled", "seconds": 60.0, "backlog": {"deliveries_pending": 1}})


def and_the_run_never_settled(tell: Callable[[Story], None]) -> Callable[[Story], None]:
    def told(story: Story) -> None:
        tell(story)
        unsettled(story)

    told.__name__ = tell.__name__
    return told


def an_event_that_counts_as_delivered(story: Story) -> None:
    stories.an_event_that_never_arrived(story)
    story.last("webhook_deliveries")["state"] = "delivered"


def a_hold_that_expired_is_called_canceled(story: Story) -> None:
    bad_reversals.hold_lapsed(story, 1.0)
    story.last("payments")["status"] = "canceled"


def left_open_after_the_run_had_settled(story: Story) -> None:
    stories.an_unknown_that_nobody_resolved(story)
    story.events = [event for event in story.events if event["kind"] != "settled"]
    story.events.append({"at_us": at(40.0), "kind": "settled", "seconds": 3.0, "backlog": {"unknown_attempts": 0}})


def left_open_because_nobody_waited_longer(story: Story) -> None:
    stories.an_unknown_that_nobody_resolved(story)
    story.events = [event for event in story.events if event["kind"] != "settled"]
    story.events.append({"at_us": at(40.0), "kind": "settled", "seconds": 60.0, "backlog": {"unknown_attempts": 1}})


NEVER_EXCUSED = [
    ("I10", stories.a_transient_answer_was_stored),
    ("I10", stories.a_shed_answer_was_stored),
    ("I35", stories.declines_opened_a_breaker),
    ("I35", opened_and_still_used_by_whoever_opened_it),
    ("I36", stories.retries_without_a_budget),
    ("I36", stories.one_call_hammered),
    ("I36", stories.retries_without_backoff),
    ("I54", bad_webhooks.a_delivery_hurried),
    ("I27", bad_webhooks.an_event_that_acted_twice),
    ("I27", bad_webhooks.an_event_that_decided_twice),
    ("I6", left_open_after_the_run_had_settled),
    ("I6", stories.an_unknown_guessed_away),
    *(
        (name, and_the_run_never_settled(tell))
        for name, tell in (
            ("I6", stories.an_unknown_left_to_people_without_a_word),
            ("I24", an_event_that_counts_as_delivered),
            ("I24", stories.an_event_given_up_at_once),
            ("I45", a_hold_that_expired_is_called_canceled),
            ("I45", bad_reversals.a_hold_that_expired_is_captured),
            ("I53", bad_webhooks.a_delivery_given_up_early),
        )
    ),
]

EXCUSED = [
    ("I10", stories.a_key_that_stays_in_use),
    ("I27", bad_webhooks.an_event_that_never_acted),
    ("I35", a_breaker_that_opened_rightly_and_never_closed),
    ("I36", stories.resends_in_step),
    ("I37", stories.service_never_came_back),
    ("I43", stories.a_request_that_nobody_answered),
    ("I54", bad_webhooks.a_delivery_that_waited_too_long),
    ("I56", bad_calls.transactions_that_are_open_while_a_gateway_is_waited_for),
    ("I6", left_open_because_nobody_waited_longer),
    ("I24", and_the_run_never_settled(stories.an_event_that_never_arrived)),
    ("I45", and_the_run_never_settled(bad_reversals.a_hold_that_expired_is_still_authorized)),
]

Teller = Callable[[Story], None]


@pytest.mark.parametrize(("name", "tell"), NEVER_EXCUSED)
def test_what_no_machine_explains_is_violated_on_a_starved_one_too(tmp_path: Path, name: str, tell: Teller) -> None:
    story = Story(tmp_path)
    tell(story)
    with story.evidence() as evidence:
        [invariant] = pick(name)
        found = find(evidence, invariant, required=True, excuse=EXCUSE)
    assert found.verdict is Verdict.FAIL
    assert not any(example.timed for example in found.examples)


@pytest.mark.parametrize(("name", "tell"), EXCUSED)
def test_what_only_came_too_late_is_left_open_on_a_starved_machine(tmp_path: Path, name: str, tell: Teller) -> None:
    story = Story(tmp_path)
    tell(story)
    with story.evidence() as evidence:
        [invariant] = pick(name)
        blamed = find(evidence, invariant, required=True)
        open_ = find(evidence, invariant, required=True, excuse=EXCUSE)
    assert blamed.verdict is Verdict.FAIL
    assert open_.verdict is Verdict.INCONCLUSIVE
    assert open_.reason.startswith("not to be told: ")
    assert open_.reason.endswith(f"violated, but {EXCUSE}")


def test_of_both_kinds_only_those_count_that_nothing_excuses(tmp_path: Path) -> None:
    story = Story(tmp_path)
    stories.a_key_that_stays_in_use(story)
    stories.a_transient_answer_was_stored(story)
    with story.evidence() as evidence:
        [invariant] = pick("I10")
        blamed = find(evidence, invariant, required=True)
        found = find(evidence, invariant, required=True, excuse=EXCUSE)
    assert (blamed.violations, found.violations) == (2, 1)
    assert found.verdict is Verdict.FAIL
