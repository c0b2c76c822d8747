"""A payment's own story, told by everyone who kept a record of it."""

from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from harness.core.evidence import Evidence
from harness.core.judgement import Violation
from reports.story import layout
from reports.story.build import stories
from reports.story.facts import API, CLIENT, Fact, Story
from tests.reports import run_folder


@pytest.fixture
def double_charge(broken_run: Evidence) -> Story:
    (story,) = stories(run_folder.failed(), broken_run)
    return story


def words_of(story: Story) -> str:
    return "\n".join(row.words for row in story.rows)


def test_invariants_that_one_payment_breaks_share_its_story(double_charge: Story) -> None:
    assert double_charge.breaks == ("I1", "I33")
    assert double_charge.reference == "order-00800"


def test_a_double_charge_is_seen_in_both_gateways_books_and_once_in_the_ledger(double_charge: Story) -> None:
    books = dict(double_charge.books)
    assert books["stripe's book"] == books["paypal's book"] == "EUR 18.86 (capture)"
    assert books["Ledger, gateway:paypal:clearing"] == "EUR 18.86"
    assert "Ledger, gateway:stripe:clearing" not in books


def test_the_story_is_told_in_order_from_the_clients_request_to_the_final_read(double_charge: Story) -> None:
    told = words_of(double_charge)
    steps = [
        "The client sends create EUR 18.86",
        "POST create arrives at stripe",
        "stripe's own book: capture",
        "no answer ever leaves (fault: execute_then_drop)",
        "Attempt 1 at stripe goes from dispatched to not_executed",
        "The API dispatches attempt 2 to paypal",
        "paypal's own book: capture",
        "Journal capture:",
        "The client hears 201 captured",
        "The merchant gets webhook payment.captured",
        "The client sends final read",
    ]
    places = [told.index(step) for step in steps]
    assert places == sorted(places)


def test_lanes_hold_client_api_both_gateways_ledger_and_webhook(double_charge: Story) -> None:
    assert [key for key, _ in double_charge.lanes] == ["client", "api", "stripe", "paypal", "ledger", "merchant"]
    facts = [row for row in double_charge.rows if row.kind == "fact"]
    assert all(1 <= row.column <= 6 and 1 <= row.to_column <= 6 for row in facts)
    assert any(row.lost for row in facts)
    assert [row.number for row in facts] == list(range(1, len(facts) + 1))


def test_when_nothing_failed_the_stories_are_samples_and_say_so(sound_run: Evidence) -> None:
    fell_back, became_known = stories(run_folder.passed(), sound_run)
    assert "fell back" in fell_back.heading
    assert "it does not arrive there" in words_of(fell_back)
    assert "goes from unknown to succeeded (evidence: resend)" in words_of(became_known)
    assert {story.why for story in (fell_back, became_known)} == {"A sample, not a finding: nothing is wrong with it."}


@pytest.mark.parametrize("table", ["operations", "attempts", "gateway_calls", "postings", "status_history", "history"])
def test_a_table_that_was_not_collected_is_named_and_the_rest_is_still_told(table: str, tmp_path) -> None:
    folder = run_folder.build(tmp_path / "run", double_charges=1, duration_s=17)
    next(folder.rglob(f"{table}.parquet")).unlink()
    evidence = Evidence(folder)
    (story,) = stories(run_folder.failed(1), evidence)
    evidence.close()
    assert len(story.rows) > 5
    assert table == "operations" or f"{table}: not collected" in story.missing


def test_a_table_without_some_of_its_columns_is_read_for_what_it_has(tmp_path) -> None:
    folder = run_folder.build(tmp_path / "run", double_charges=1, duration_s=17)
    path = folder / "books" / "gateway_calls.parquet"
    columns = ["gateway", "payment_id", "arrived_at_us", "result"]
    pq.write_table(pq.read_table(path, columns=columns), path)
    evidence = Evidence(folder)
    (story,) = stories(run_folder.failed(1), evidence)
    evidence.close()
    assert "arrives at paypal" in words_of(story)


def test_a_counterexample_without_a_reference_is_found_by_its_id(broken_run: Evidence) -> None:
    report = run_folder.failed()
    broken = replace(report.invariants[0], examples=(Violation("op_0000000000000000000800", "it is wrong"),))
    (story,) = stories(replace(report, invariants=(broken,)), broken_run)
    assert story.ids == ("pay_0000000000000000000800",)


def test_a_counterexample_that_no_table_knows_has_no_story(broken_run: Evidence) -> None:
    report = run_folder.failed()
    broken = replace(report.invariants[0], examples=(Violation("nobody", "it is wrong", {}, "no-such-order"),))
    assert stories(replace(report, invariants=(broken,)), broken_run) == []


def test_sixteen_equal_requests_are_one_line_that_says_sixteen() -> None:
    race = [Fact(1_000 + number, CLIENT, "create EUR 1.00", f"request {number}", API) for number in range(16)]
    (fact,) = layout.ordered(race)
    assert fact.label == "16 × create EUR 1.00"
    assert "16 such within 0.015 ms" in fact.words


def test_a_very_long_story_keeps_its_beginning_and_its_end() -> None:
    facts = [Fact(number * 1_000, CLIENT, f"fact {number}", f"words {number}") for number in range(500)]
    rows, times = layout.rows(facts, [CLIENT], [], [], 0)
    assert len(rows) == len(times) < 100
    assert (rows[0].words, rows[-1].words) == ("words 0", "words 499")
    assert any("more lines of this story are left out" in row.words for row in rows)
