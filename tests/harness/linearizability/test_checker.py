"""The search on registers: histories that can be put in an order, and histories that can not."""

import itertools
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.verdicts import Verdict
from harness.linearizability import Call, check, draw
from harness.linearizability.models import Access, Register, by_key, compare_and_set, read, write

GOOD: list[list[Call[Access]]] = [
    [],
    [Call(write(1), 0, 10), Call(read(1), 20, 30)],
    # A read that overlaps a write may see either value.
    [Call(write(1), 0, 30), Call(read(None), 5, 10), Call(read(1), 12, 20)],
    # Two writes at once, seen in either order, by everybody in the same one.
    [Call(write(1), 0, 30), Call(write(2), 0, 30), Call(read(2), 40, 50), Call(read(2), 60, 70)],
    # A write whose answer is lost takes effect long after its client gave up ...
    [Call(write(1), 0, None), Call(read(None), 100, 110), Call(read(1), 120, 130)],
    # ... or never.
    [Call(write(1), 0, None), Call(read(None), 100, 110)],
    [Call(write(1), 0, 5), Call(compare_and_set(1, 2, True), 6, 20), Call(compare_and_set(1, 3, False), 6, 20)],
    # Nobody heard of it, but what it left was seen.
    [Call(write(1), 0, 5), Call(compare_and_set(1, 2), 6, None), Call(read(2), 30, 40)],
]

BAD: list[list[Call[Access]]] = [
    [Call(write(1), 0, 10), Call(read(None), 20, 30)],
    # Once seen, it stays seen.
    [Call(write(1), 0, 50), Call(read(1), 5, 10), Call(read(None), 12, 20)],
    # Two readers that see two writes in opposite orders.
    [
        Call(write(1), 0, 10),
        Call(write(2), 0, 10),
        Call(read(1), 20, 30),
        Call(read(2), 31, 40),
        Call(read(1), 41, 50),
    ],
    # Both of two compare-and-sets of one value won.
    [Call(write(1), 0, 5), Call(compare_and_set(1, 2, True), 6, 20), Call(compare_and_set(1, 3, True), 6, 20)],
    # What nobody wrote.
    [Call(write(1), 0, None), Call(read(7), 100, 110)],
]


def test_histories_that_have_an_order_pass_and_the_order_is_one() -> None:
    for history in GOOD:
        found = check(Register(), history)
        assert found.verdict is Verdict.PASS, history
        assert _allowed(found.order)
        assert {call for call in history if call.returned is not None} <= set(found.order)


def test_histories_without_an_order_fail_and_name_where_the_longest_one_ends() -> None:
    for history in BAD:
        found = check(Register(), history)
        assert found.verdict is Verdict.FAIL, history
        assert _allowed(found.order)
        assert found.stuck
        assert not set(found.stuck) & set(found.order)


def test_an_operation_counts_for_its_own_key_only() -> None:
    history = [("a", Call(write(1), 0, 10)), ("b", Call(read(None), 20, 30)), ("a", Call(read(1), 20, 30))]
    assert all(check(Register(), calls).verdict is Verdict.PASS for calls in by_key(history).values())
    history.append(("b", Call(read(1), 40, 50)))
    assert [check(Register(), calls).verdict for _, calls in sorted(by_key(history).items())] == [
        Verdict.PASS,
        Verdict.FAIL,
    ]


def test_a_search_that_runs_out_of_time_or_memory_says_that_it_does_not_know() -> None:
    history = [Call(write(value), 0, 1000) for value in range(12)] + [Call(read(99), 0, 1000)]
    slow = check(Register(), history, time_limit_s=0, clock=itertools.count().__next__)
    assert (slow.verdict, slow.reason) == (Verdict.INCONCLUSIVE, "out of time after 1024 configurations")
    small = check(Register(), history, configurations_max=500)
    assert (small.verdict, small.reason) == (Verdict.INCONCLUSIVE, "more than 500 configurations")


def test_configurations_that_were_tried_are_not_tried_again() -> None:
    # Ten equal writes at once have 10! orders, and 2 ** 10 sets of which have happened.
    history = [Call(write(1), 0, 1000) for _ in range(10)] + [Call(read(2), 0, 1000)]
    found = check(Register(), history)
    assert found.verdict is Verdict.FAIL
    assert found.configurations <= 2**11


def test_the_longest_order_is_drawn_and_where_it_cannot_go_on() -> None:
    history = [Call(write(1), 0, 10), Call(write(2), 5, None), Call(read(3), 20, 30)]
    picture = draw(check(Register(), history), lambda what: f"{what.kind} {what.value}").splitlines()
    assert picture[0].startswith("  1  |=")
    assert picture[0].endswith("0.000 to 10.000  write 1")
    assert any("?" in line and line.endswith("write 2") for line in picture)
    assert picture[-1].startswith("  !")
    assert picture[-1].endswith("20.000 to 30.000  read 3")


@st.composite
def _histories(draw_: st.DrawFn) -> list[Call[Access]]:
    """Draw up to six calls over a short time, so that many of them overlap."""
    calls = []
    for _ in range(draw_(st.integers(0, 6))):
        begin = draw_(st.integers(0, 12))
        end = draw_(st.one_of(st.none(), st.integers(begin + 1, begin + 8)))
        value = draw_(st.integers(0, 2))
        what = draw_(
            st.sampled_from(
                [read(value), write(value), compare_and_set(value, 1, True), compare_and_set(value, 2, False)]
            )
        )
        calls.append(Call(what, begin, end))
    return calls


@settings(max_examples=300, deadline=None)
@given(_histories())
def test_the_search_agrees_with_trying_every_order(history: list[Call[Access]]) -> None:
    known = [call for call in history if call.returned is not None]
    unknown = [call for call in history if call.returned is None]
    possible = any(
        _allowed(order)
        for count in range(len(unknown) + 1)
        for some in itertools.combinations(unknown, count)
        for order in itertools.permutations([*known, *some])
    )
    assert (check(Register(), history).verdict is Verdict.PASS) == possible


def _allowed(order: Sequence[Call[Access]]) -> bool:
    """Tell by the definition whether this order is a linearization of the calls in it."""
    for place, call in enumerate(order):
        if any(later.returned is not None and later.returned < call.invoked for later in order[place + 1 :]):
            return False
    states = {Register().init()}
    for call in order:
        states = {after for state in states for after in Register().step(state, call.what)}
    return bool(states)
