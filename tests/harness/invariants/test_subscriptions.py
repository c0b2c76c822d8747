"""I34 on subscriptions told by hand: sound ones are silent, and each way to bill wrongly is found."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.invariants import catalogue
from harness.invariants._periods import begins_us
from harness.judge.findings import find
from tests.harness.invariants.story import Story, at
from tests.harness.invariants.subscribing import DAY_US, charged, subscribed

I34 = {invariant.id: invariant for invariant in catalogue()}["I34"]


def judged(story: Story) -> Any:
    with story.evidence() as evidence:
        return find(evidence, I34, required=True)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    told = Story(tmp_path)
    for _ in range(4):
        subscribed(told)
    return told


def test_sound_subscriptions_are_silent_and_a_witness(story: Story) -> None:
    found = judged(story)
    assert (str(found.verdict), found.witness) == ("PASS", 24)


def _again(story: Story) -> None:
    charged(story, story.rows["subscriptions"][0]["subscription_id"], 2)


def _missing(story: Story) -> None:
    story.rows["invoices"].pop(2)


def _drifted(story: Story) -> None:
    story.rows["invoices"][3]["starts_at_us"] += 3_600_000_000


def _too_much(story: Story) -> None:
    story.rows["invoices"][1]["amount_minor"] += 1


def _ended(story: Story) -> None:
    story.rows["subscriptions"][0].update(ends_at_us=at(0) - DAY_US)


def _paused(story: Story) -> None:
    name = story.rows["subscriptions"][0]["subscription_id"]
    story.add("subscription_changes", change_id=1, subscription_id=name, kind="paused", at_us=at(0) - DAY_US,
              from_minor=0, to_minor=0, prorated_minor=0)  # fmt: skip


def _in_the_trial(story: Story) -> None:
    story.rows["subscriptions"][0]["trial_days"] = 2


def _unpaid(story: Story) -> None:
    story.rows["gateway_charges"].pop(0)


def _stranger(story: Story) -> None:
    charged(story, "sub_nobody", 0)


def _given_up_early(story: Story) -> None:
    story.rows["invoices"][0].update(state="uncollectible", declines=1)
    story.rows["gateway_charges"].pop(0)


def _dunned_too_often(story: Story) -> None:
    row = story.rows["invoices"][0]
    for number in range(6):
        story.add("invoice_tries", invoice_id=row["invoice_id"], subscription_id=row["subscription_id"], period=0,
                  number=number, idempotency_key=f"k{number}", outcome="declined", code="card_declined",
                  biller="billing1_x", at_us=at(0) + number * 7 * DAY_US)  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_again, "charged 2 times"),
        (_missing, "has no invoice"),
        (_drifted, "it lasts from"),
        (_too_much, "and owes"),
        (_ended, "had ended"),
        (_paused, "was paused"),
        (_in_the_trial, "trial of 2 days"),
        (_unpaid, "no gateway has charged"),
        (_stranger, "no such subscription"),
        (_given_up_early, "given up after 0 declines"),
        (_dunned_too_often, "declined 6 times"),
    ],
)
def test_each_way_to_bill_wrongly_is_found(story: Story, spoil: Callable[[Story], None], told: str) -> None:
    spoil(story)
    found = judged(story)
    assert str(found.verdict) == "FAIL"
    assert any(told in item.what for item in found.examples), [item.what for item in found.examples]


def test_runs_without_billing_are_not_judged(story: Story) -> None:
    story.without |= {"subscriptions", "invoices"}
    found = judged(story)
    assert str(found.verdict) == "INCONCLUSIVE"
    assert "missing: subscriptions, invoices" in found.reason


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Auckland")
ANCHORS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(
    lambda moment: int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000
)


@given(ANCHORS, st.sampled_from(ZONES), st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 13),
       st.integers(0, 50))  # fmt: skip
def test_the_judges_calendar_is_the_published_one(anchor: int, zone: str, unit: str, count: int, k: int) -> None:
    from system.decisions.periods import Cadence, Unit, boundary_us

    assert begins_us(anchor, zone, unit, count, k) == boundary_us(Cadence(anchor, zone, Unit(unit), count), k)


def test_the_judges_calendar_shares_no_code_with_the_system() -> None:
    code = (
        "import sys, harness.invariants.i34_each_period_is_paid_once; print([m for m in sys.modules if m == 'system'])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
