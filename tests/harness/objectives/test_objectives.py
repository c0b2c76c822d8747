"""Promises with a number: what they measure, when they cannot, and that their names tell all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.core.judgement import Measurement, Objective
from harness.invariants import pick
from harness.objectives import (
    availability,
    generator_valid,
    latency,
    objective_named,
    recovered,
    switched,
    unknowns_resolved,
)
from tests.harness.invariants.days import unknown_sale
from tests.harness.invariants.story import Story

ALL = [
    availability(at_least=0.99, when="during"),
    latency(p95=0.5, when="before"),
    latency(p99=3, when="after"),
    switched(within=10),
    recovered(within=2.5),
    unknowns_resolved(p95=30),
    generator_valid(),
]


def measured(story: Story, objective: Objective) -> Measurement:
    with story.evidence() as evidence:
        return objective.measure(evidence)


def day(
    folder: Path, *, down: tuple[float, float] = (5.0, 9.0), back_s: float = 9.0, elsewhere_s: float = 99.0
) -> Story:
    """Ten payments a second; from the fault on they fail, from `elsewhere_s` paypal makes them, then stripe again."""
    story = Story(folder)
    story.fault("gateway_down", "*-to-stripe", *down)
    for number in range(200):
        at_s = number / 10
        paid = story.intent()
        if down[0] <= at_s < min(back_s, elsewhere_s):
            story.create(paid, at_s, outcome="FAILED", http_status=503)
        else:
            paid.gateway = "paypal" if elsewhere_s <= at_s < down[1] else "stripe"
            story.create(paid, at_s, lasting_s=0.020 + number / 10_000)
    return story


@pytest.mark.parametrize("objective", ALL, ids=lambda item: item.name)
def test_the_name_of_a_promise_is_enough_to_measure_it_again(tmp_path: Path, objective: Objective) -> None:
    again = objective_named(objective.name)
    assert (again.name, again.goal) == (objective.name, objective.goal)
    with day(tmp_path).evidence() as evidence:
        assert again.measure(evidence) == objective.measure(evidence)


@pytest.mark.parametrize(
    "name", ["", "speed(x=1)", "recovered", "recovered(within_s=soon)", "recovered(when=now)", "latency()"]
)
def test_a_name_that_is_no_promise_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        objective_named(name)


@pytest.mark.parametrize(
    "build",
    [
        lambda: availability(at_least=0),
        lambda: availability(at_least=1.1),
        lambda: objective_named("availability(at_least=0.9, when=later)"),
        lambda: latency(),
        lambda: latency(p50=1, p95=1),
        lambda: latency(p95=-1),
        lambda: switched(within=0),
        lambda: recovered(within=-1),
        lambda: unknowns_resolved(p95=0),
    ],
)
def test_nonsense_is_refused_at_construction(build: Callable[[], Objective]) -> None:
    with pytest.raises(UsageError):
        build()


@pytest.mark.parametrize(("when", "share"), [("before", 1.0), ("during", 0.0), ("after", 1.0)])
def test_availability_is_measured_before_during_and_after_the_fault(tmp_path: Path, when: str, share: float) -> None:
    found = measured(day(tmp_path), objective_named(f"availability(at_least=0.99, when={when})"))
    assert found.value == pytest.approx(share, abs=0.03)
    assert found.met is (share == 1.0)


def test_a_retry_that_succeeds_makes_its_operation_available(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for number in range(10):
        paid = story.intent()
        story.create(paid, 1.0 + number, outcome="UNKNOWN")
        story.create(paid, 1.5 + number)
    assert measured(story, availability(at_least=1.0, when="before")).value == 1.0


def test_availability_without_enough_operations_is_not_measured(tmp_path: Path) -> None:
    assert measured(Story(tmp_path), availability(at_least=0.9, when="before")).value is None


def test_latency_counts_from_when_a_request_was_due_and_is_exact(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for number in range(100):
        row = story.create(story.intent(), 1.0, lasting_s=(number + 1) / 1000)
        row["sent_us"] = row["done_us"]
    assert measured(story, latency(p50=1, when="before")).value == pytest.approx(0.050)
    assert measured(story, latency(p95=1, when="before")).value == pytest.approx(0.095)
    assert measured(story, latency(p99=0.09, when="before")).met is False


def test_a_request_that_was_never_answered_is_slower_than_any_promise(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for _ in range(30):
        story.create(story.intent(), 1.0, outcome="UNKNOWN")["done_us"] = None
    assert measured(story, latency(p50=30, when="before")).met is False


def test_the_time_to_switch_ends_when_payments_keep_succeeding_elsewhere(tmp_path: Path) -> None:
    found = measured(day(tmp_path, elsewhere_s=6.5), switched(within=2))
    assert found.value == pytest.approx(1.5, abs=0.3)
    assert found.met
    assert "payments without success" in found.text


def test_never_switching_misses_the_promise(tmp_path: Path) -> None:
    found = measured(day(tmp_path), switched(within=2))
    assert (found.met, found.text) == (False, "never left stripe")
    assert found.value is not None


def test_recovery_is_the_begin_of_a_good_stretch_not_one_good_answer(tmp_path: Path) -> None:
    story = day(tmp_path, back_s=12.0)
    story.create(story.intent(), 9.5)
    found = measured(story, recovered(within=4))
    assert found.value == pytest.approx(3.0, abs=0.3)
    assert found.met


@pytest.mark.parametrize(
    ("back_at_s", "limit_s", "missed"),
    [(9.0, 9, True), (9.0, 10, False), (9.0, 15, False), (17.3, 10, False), (17.0, 1, True), (19.0, 10, False)],
)
def test_a_recovery_is_missed_only_where_the_load_went_on_for_long_enough_to_make_it(
    tmp_path: Path, back_at_s: float, limit_s: float, missed: bool
) -> None:
    """With 2.7 s of load after the heal and a limit of 10 s nobody can know."""
    found = measured(day(tmp_path, down=(5.0, back_at_s), back_s=99.0), recovered(within=limit_s))
    assert not found.met
    assert (found.value is not None) == missed
    assert missed or "takes more load than that" in found.text or "s of load after it" in found.text


@pytest.mark.parametrize(("promised", "violated"), [((), 0), (("recovered(within_s=9)",), 1)])
def test_the_recovery_time_of_service_is_the_one_that_the_scenario_promises(
    tmp_path: Path, promised: tuple[str, ...], violated: int
) -> None:
    story = day(tmp_path, back_s=99.0)
    story.plan = {"should_meet": list(promised)}
    with story.evidence() as evidence:
        assert [len(item.violations(evidence)) for item in pick("I37")] == [violated]


def test_service_that_came_back_and_went_again_has_not_recovered(tmp_path: Path) -> None:
    story = day(tmp_path)
    for row in story.rows["history"][-15:]:
        row.update(outcome="FAILED", http_status=503)
    found = measured(story, recovered(within=9))
    assert found.value is not None
    assert not found.met
    assert "not to stay" in found.text


def test_too_few_operations_at_the_end_do_not_show_that_service_stayed(tmp_path: Path) -> None:
    story = day(tmp_path)
    del story.rows["history"][155:]
    assert measured(story, recovered(within=10)).value is None


def test_an_unknown_is_timed_from_the_last_heal(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.fault("gateway_down", "*-to-stripe", 0.5, 2.9)
    unknown_sale(story, 1.0)
    assert measured(story, unknowns_resolved(p95=0.3)).value == pytest.approx(0.2)


def test_unknowns_are_timed_until_they_are_decided(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for number in range(3):
        unknown_sale(story, 1.0 + number)
    found = measured(story, unknowns_resolved(p95=30))
    assert found.value == pytest.approx(0.6)
    assert found.met


def test_an_unknown_that_is_left_breaks_the_promise(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for number in range(3):
        unknown_sale(story, 1.0 + number)
    ended = story.find("attempt_transitions", from_state="unknown")
    story.rows["attempt_transitions"].remove(ended)
    found = measured(story, unknowns_resolved(p95=30))
    assert not found.met
    assert "1 never decided" in found.text


def test_a_run_without_unknowns_keeps_the_promise(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.sale()
    assert measured(story, unknowns_resolved(p95=30)).met


@pytest.mark.parametrize(
    ("account", "met"),
    [({}, True), ({"lag_p99_ms": 80.0}, False), ({"planned": 100, "completed": 90, "dropped": 10}, False)],
)
def test_a_generator_that_fell_behind_is_not_valid(tmp_path: Path, account: dict[str, float], met: bool) -> None:
    story = Story(tmp_path)
    story.certificate = account
    assert measured(story, generator_valid()).met is met


@pytest.mark.parametrize(("gateways", "share"), [(("stripe",), 1.0), (("stripe", "paypal"), 0.0), ((), 0.0)])
def test_a_refusal_counts_unless_the_only_gateway_that_takes_the_currency_was_down(
    tmp_path: Path, gateways: tuple[str, ...], share: float
) -> None:
    story = day(tmp_path, elsewhere_s=5.0)
    for row in story.rows["history"]:
        row.update(currency="EUR", error_code=None)
    for gateway in gateways:
        story.add("gateway_currencies", gateway=gateway, currency="KWD")
    for number in range(20):
        paid = story.intent(merchant_id="m_gamma")
        refused = {"http_status": 503, "error_code": "gateways_unavailable", "currency": "KWD"}
        story.create(paid, 5.5 + number / 10, outcome="FAILED", **refused)
    if not gateways:
        story.without.add("gateway_currencies")
    found = measured(story, availability(at_least=0.9, when="during"))
    assert found.value == pytest.approx(1.0 if share else 2 / 3, abs=0.01)


@pytest.mark.parametrize(
    ("taken_by", "code"), [("paypal", "gateways_unavailable"), ("stripe", None), ("stripe", "database_unavailable")]
)
def test_a_refusal_for_any_other_reason_counts(tmp_path: Path, taken_by: str, code: str | None) -> None:
    """The gateway that takes the currency is well, or the request was never sent, or it was something else."""
    story = day(tmp_path, elsewhere_s=5.0)
    for row in story.rows["history"]:
        row.update(currency="EUR", error_code=None)
    story.add("gateway_currencies", gateway=taken_by, currency="KWD")
    for number in range(20):
        paid = story.intent(merchant_id="m_gamma")
        story.create(paid, 5.5 + number / 10, outcome="FAILED", http_status=503, error_code=code, currency="KWD")
    assert measured(story, availability(at_least=0.9, when="during")).value == pytest.approx(2 / 3, abs=0.01)
