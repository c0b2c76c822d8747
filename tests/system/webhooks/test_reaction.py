"""Events against attempts: the whole table."""

import pytest

from system.decisions.reaction import Reaction, idle, react
from system.gateway import Knowledge
from system.states import AttemptState

YES, NO, UNKNOWN = Knowledge.DEFINITE_YES, Knowledge.DEFINITE_NO, Knowledge.UNKNOWN


@pytest.mark.parametrize(
    ("state", "on_yes", "on_no"),
    [
        ("prepared", "defer", "defer"),
        ("dispatched", "defer", "defer"),
        ("unknown", "record", "record"),
        ("manual", "record", "record"),
        ("succeeded", "ignore", "ignore"),
        ("reversed", "ignore", "ignore"),
        ("declined", "record", "ignore"),
        ("not_executed", "record", "ignore"),
    ],
)
def test_late_events_never_lower_a_state_and_a_late_success_is_never_ignored(
    state: str, on_yes: Reaction, on_no: Reaction
) -> None:
    assert react(state, YES) == on_yes
    assert react(state, NO) == on_no
    assert react(state, UNKNOWN) == "ignore"


@pytest.mark.parametrize("knowledge", Knowledge)
def test_an_event_is_idle_in_exactly_the_states_in_which_it_is_ignored(knowledge: Knowledge) -> None:
    assert set(idle(knowledge)) == {state for state in tuple(AttemptState) if react(state, knowledge) == "ignore"}
