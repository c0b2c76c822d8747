"""A delivery's fate after each try, as a table in virtual time."""

import pytest

from system.decisions.schedule import Schedule, Verdict, after_try

DAY_S = 86_400.0
SCHEDULE = Schedule(base_s=0.5, max_s=2.0, give_up_s=3 * DAY_S)


@pytest.mark.parametrize(
    ("http_status", "tries", "age_s", "expected"),
    [
        (200, 1, 0.0, Verdict("delivered")),
        (204, 9, 4 * DAY_S, Verdict("delivered")),
        (302, 1, 0.0, Verdict("pending", 0.5)),
        (404, 2, 1.0, Verdict("pending", 1.0)),
        (410, 3, 2.0, Verdict("pending", 2.0)),
        (500, 9, 60.0, Verdict("pending", 2.0)),
        (None, 1, 0.0, Verdict("pending", 0.5)),
        (None, 99, 3 * DAY_S - 2.0, Verdict("pending", 2.0)),
        (None, 99, 3 * DAY_S - 1.9, Verdict("dead")),
        (503, 99, 3 * DAY_S, Verdict("dead")),
    ],
)
def test_each_try_has_one_consequence(http_status: int | None, tries: int, age_s: float, expected: Verdict) -> None:
    assert after_try(http_status, tries=tries, age_s=age_s, schedule=SCHEDULE, chance=1.0) == expected


def test_an_endpoint_that_never_answers_is_tried_for_the_whole_72_hours() -> None:
    age_s, tries = 0.0, 0
    hourly = Schedule(base_s=3600.0, max_s=3600.0, give_up_s=3 * DAY_S)
    while (verdict := after_try(None, tries=tries + 1, age_s=age_s, schedule=hourly, chance=1.0)).state == "pending":
        age_s, tries = age_s + verdict.wait_s, tries + 1
        assert tries < 1000
    assert verdict.state == "dead"
    assert tries == 72
